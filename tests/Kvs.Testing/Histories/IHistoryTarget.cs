namespace Kvs.Testing;

/// <summary>What a thread of a <see cref="HistoryWorkload"/> reads and writes. One thread at a time.</summary>
public interface IHistoryTarget
{
    /// <summary>Whether it can write under conditions.</summary>
    bool HasConditions { get; }

    /// <summary>Reads a key into the buffer; the value's length, or -1 when it is not there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="buffer">Where the value goes, if it fits.</param>
    /// <param name="version">The key's version, where there are conditions; 0 for a key that is not there.</param>
    int Get(ReadOnlySpan<byte> key, Span<byte> buffer, out ulong version);

    /// <summary>Stores a value.</summary>
    void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Removes a key; false when it was not there.</summary>
    bool Remove(ReadOnlySpan<byte> key);

    /// <summary>Stores a value where a condition holds. Only where <see cref="HasConditions"/>.</summary>
    bool TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, WriteCondition condition);

    /// <summary>Removes a key that has a version. Only where <see cref="HasConditions"/>.</summary>
    bool TryRemove(ReadOnlySpan<byte> key, ulong version);
}
