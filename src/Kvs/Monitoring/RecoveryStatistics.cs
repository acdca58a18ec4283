namespace Kvs;

/// <summary>What opening a store found that had not ended well.</summary>
/// <param name="IsAfterPowerCut">Whether the machine was started again since; else it was the process alone that had
/// ended.</param>
/// <param name="Holes">Writes that had begun and were not complete: none of them was acknowledged.</param>
/// <param name="DroppedBytes">Bytes behind the last complete group of writes, which a power cut took.</param>
/// <param name="Time">How long the recovery took.</param>
public sealed record RecoveryStatistics(bool IsAfterPowerCut, int Holes, long DroppedBytes, TimeSpan Time);
