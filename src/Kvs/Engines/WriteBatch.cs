using System.Buffers;

namespace Kvs;

/// <summary>
/// Sets and removes that are made as one: after any crash all of them are there or none, and they share one sync at
/// most. They are made in their order, so of two writes of one key the later one counts.
/// </summary>
/// <remarks>
/// Not thread-safe. Holds copies of what it is given, and may be used again, changed or not, after it was written.
/// </remarks>
public sealed class WriteBatch
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Item> _items = [];

    /// <summary>One entry of a batch.</summary>
    internal readonly record struct Item(
        ItemKind Kind, int Start, int KeyBytes, int ValueBytes, ulong Version, DateTimeOffset? ExpiresAt);

    /// <summary>What an entry of a batch is.</summary>
    internal enum ItemKind : byte
    {
        Set,
        Remove,
        Require,
    }

    /// <summary>Sets, removes and requirements in the batch.</summary>
    public int Count => _items.Count;

    /// <summary>Bytes of the keys and values in the batch.</summary>
    public int Bytes => _bytes.WrittenCount;

    internal IReadOnlyList<Item> Items => _items;

    /// <summary>Stores a value under a key, in place of what is there, for ever or up to a moment.</summary>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset? expiresAt = null) =>
        Add(ItemKind.Set, key, value, version: 0, expiresAt);

    /// <summary>Removes a key, if it is there.</summary>
    public void Remove(ReadOnlySpan<byte> key) => Add(ItemKind.Remove, key, value: default, version: 0, null);

    /// <summary>Lets the batch be written only if the key has this version before it; 0 is that of a key that is not
    /// there.</summary>
    public void Require(ReadOnlySpan<byte> key, ulong version) =>
        Add(ItemKind.Require, key, value: default, version, null);

    /// <summary>Takes everything out; the memory stays for the next use.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _items.Clear();
    }

    /// <summary>Throws where a store of these limits may not be given the batch.</summary>
    /// <exception cref="KvsLimitException">A key or a value is beyond the limits, or the whole.</exception>
    internal void Check(Limits limits)
    {
        foreach (Item item in _items)
        {
            limits.CheckKey(item.KeyBytes);
            limits.CheckValue(item.ValueBytes);
        }

        long bytes = Bytes + ((long)Limits.BatchItemBytes * Count);
        if (bytes > Limits.MaxBatchBytes)
        {
            throw KvsLimitException.BatchTooLong(bytes, Limits.MaxBatchBytes);
        }
    }

    internal ReadOnlySpan<byte> KeyOf(in Item item) => _bytes.WrittenSpan.Slice(item.Start, item.KeyBytes);

    internal ReadOnlySpan<byte> ValueOf(in Item item) =>
        _bytes.WrittenSpan.Slice(item.Start + item.KeyBytes, item.ValueBytes);

    private void Add(ItemKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong version,
        DateTimeOffset? expiresAt)
    {
        // The bytes first: where there is no memory for them, there is no item either.
        int start = _bytes.WrittenCount;
        _bytes.Write(key);
        _bytes.Write(value);
        _items.Add(new Item(kind, start, key.Length, value.Length, version, expiresAt));
    }
}
