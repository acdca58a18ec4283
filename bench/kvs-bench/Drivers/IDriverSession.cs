using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers;

/// <summary>What one thread uses a store with; made, used and disposed by that thread.</summary>
internal interface IDriverSession : IDisposable
{
    /// <summary>Sets a key, at the durability that the store was opened with.</summary>
    void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Copies a key's value; false when it is not there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">Where the value goes when it fits.</param>
    /// <param name="valueBytes">The value's length, whether it fits or not.</param>
    bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes);

    /// <summary>Sets several keys in one call.</summary>
    /// <param name="entries">Keys and values in pinned memory.</param>
    void SetMany(ReadOnlySpan<KvsEntry> entries);

    /// <summary>Gets several keys in one call, and has each value checked where the store holds it.</summary>
    /// <param name="keys">Keys in pinned memory.</param>
    /// <param name="values">Told of each key in its turn.</param>
    void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values);
}
