namespace Kvs.Memory;

/// <summary>What is stored under a key. Never changes: a write of the key puts another in its place, so whoever found
/// it may read it for ever.</summary>
internal sealed class MemoryEntry(StoredKey key, byte[] value, ulong version, long expiryMilliseconds)
{
    /// <summary>Entries in the order in which they expire. Those of one shard have different versions.</summary>
    internal static Comparer<MemoryEntry> ByExpiry { get; } = Comparer<MemoryEntry>.Create(static (x, y) =>
        (x.Expiry, x.Version).CompareTo((y.Expiry, y.Version)));

    internal StoredKey Key => key;

    internal byte[] Value => value;

    internal ulong Version => version;

    /// <summary>The moment from which on it is not there any more, in Unix milliseconds; 0 for never.</summary>
    internal long Expiry => expiryMilliseconds;

    internal int Bytes => key.Bytes.Length + value.Length;

    internal ValueInfo Info => new(value.Length, version, expiryMilliseconds);

    internal bool HasExpired(long now) => expiryMilliseconds != 0 && expiryMilliseconds <= now;
}
