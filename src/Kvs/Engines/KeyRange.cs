namespace Kvs;

/// <summary>Where a key lies among other bytes: those of a request, for example.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">How many bytes it has.</param>
public readonly record struct KeyRange(int Start, int Length);
