namespace Kvs.Admin;

/// <summary>What opening a store would do, because the session before did not end well.</summary>
public sealed record RecoveryForecast
{
    /// <summary>Whether the machine was started again since: what was not synced then goes. Else only the process
    /// ended, and everything that it acknowledged is there.</summary>
    public required bool IsPowerCut { get; init; }

    /// <summary>Puts and removes that opening would keep of the session's unsealed segments.</summary>
    public required long KeptRecords { get; init; }

    /// <summary>Bytes of the log behind the last complete group of writes, which opening would drop.</summary>
    public required long DroppedBytes { get; init; }

    /// <summary>Writes that had begun and were not complete.</summary>
    public required long UnfinishedWrites { get; init; }
}
