namespace Kvs.Bench.Torture;

/// <summary>What is written to while it is killed: a store of this process, or a connection to a server. One thread at
/// a time.</summary>
internal interface ITortureTarget : IDisposable
{
    /// <summary>Whether it can make several changes as one.</summary>
    bool HasBatches { get; }

    void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    bool Remove(ReadOnlySpan<byte> key);

    /// <summary>The value of a key; null when it is not there.</summary>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>Makes all of it or nothing. Only where <see cref="HasBatches"/>.</summary>
    void Write(WriteBatch batch);

    /// <summary>The names of all keys.</summary>
    IEnumerable<byte[]> Keys();
}
