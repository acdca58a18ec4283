namespace Kvs;

/// <summary>What became of a write.</summary>
/// <param name="IsDone">Whether it was made: its condition held, and for a removal, the key was there.</param>
/// <param name="Version">The key's version now: of a set, the one that it gave; where nothing was written, the one that
/// stood in the way; 0 for a key that is not there.</param>
public readonly record struct WriteResult(bool IsDone, ulong Version);
