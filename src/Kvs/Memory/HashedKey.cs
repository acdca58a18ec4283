namespace Kvs.Memory;

/// <summary>A caller's key together with its hash, which is computed once for the shard, the lookup and the order of
/// a scan. Lets a dictionary be asked without an array for the key.</summary>
internal readonly ref struct HashedKey(ReadOnlySpan<byte> bytes, ulong hash)
{
    internal readonly ReadOnlySpan<byte> Bytes = bytes;
    internal readonly ulong Hash = hash;
}

/// <summary>A key that the engine owns, with its hash.</summary>
internal readonly struct StoredKey(byte[] bytes, ulong hash)
{
    internal readonly byte[] Bytes = bytes;
    internal readonly ulong Hash = hash;
}

/// <summary>Compares stored keys with each other and with those of callers.</summary>
internal sealed class KeyComparer : IEqualityComparer<StoredKey>, IAlternateEqualityComparer<HashedKey, StoredKey>
{
    internal static KeyComparer Instance { get; } = new();

    public bool Equals(StoredKey x, StoredKey y) => x.Hash == y.Hash && x.Bytes.AsSpan().SequenceEqual(y.Bytes);

    // A shard is chosen by the hash's top bits, so its keys differ in the low ones.
    public int GetHashCode(StoredKey key) => (int)key.Hash;

    public bool Equals(HashedKey alternate, StoredKey other) =>
        alternate.Hash == other.Hash && alternate.Bytes.SequenceEqual(other.Bytes);

    public int GetHashCode(HashedKey alternate) => (int)alternate.Hash;

    // The caller may use its buffer again as soon as its call returns.
    public StoredKey Create(HashedKey alternate) => new(alternate.Bytes.ToArray(), alternate.Hash);
}
