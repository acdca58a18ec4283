using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Keyspaces;

/// <summary>
/// What commands see of the store. Outside of a transaction that is the engine; within one, the engine and what the
/// commands before have done to it.
/// </summary>
/// <remarks>A key that the engine does not take (an empty one, one that is too long) is one that is not there; writing
/// it is an error. One connection's, so one thread's at a time.</remarks>
internal abstract class Keyspace
{
    /// <summary>How many keys of a scan are worked on at a time, where it goes through all of them.</summary>
    protected const int KeysOfPage = 1000;

    /// <summary>Reads a value, as <see cref="IKvsEngine.TryRead"/> does.</summary>
    internal abstract bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info);

    /// <summary>Sets a key. The options say nothing of durability.</summary>
    internal abstract WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options);

    /// <summary>Removes a key.</summary>
    internal abstract WriteResult TryRemove(ReadOnlySpan<byte> key, WriteCondition condition = default);

    /// <summary>Adds to a number, as <see cref="IKvsEngine.Increment"/> does.</summary>
    internal abstract long Increment(ReadOnlySpan<byte> key, long delta);

    /// <summary>Sets the keys of a request whose arguments are keys and values by turns, all of them as one.</summary>
    internal abstract void SetAll(scoped in RespRequest request);

    /// <summary>Removes all keys that are there. Those that others set meanwhile may stay.</summary>
    internal abstract void RemoveAll();

    /// <summary>Reads a page of keys, as <see cref="IKvsEngine.Scan"/> does.</summary>
    internal abstract ScanPage ScanKeys(ulong cursor, int maxEntries, ReadOnlySpan<byte> prefix);

    /// <summary>How many keys there are.</summary>
    internal abstract long Count();

    /// <summary>Brings near what commands on some keys will look at.</summary>
    internal abstract void Prefetch(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> keys);

    /// <summary>Whether a key is there.</summary>
    internal bool Contains(ReadOnlySpan<byte> key) => TryRead(key, [], out _);

    /// <summary>Sets a key that still is as it was read; false where it is not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What it gets.</param>
    /// <param name="read">What was read; the default for a key that was not there.</param>
    /// <param name="expiresAt">The moment from which on it is not there any more; null for never.</param>
    internal bool TryRewrite(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in ValueInfo read, DateTimeOffset? expiresAt) =>
        TrySet(key, value, new WriteOptions
        {
            Condition = WriteCondition.IfVersion(read.Version),
            ExpiresAt = expiresAt,
        }).IsDone;

    /// <summary>Reads a value into a new array; null when the key is not there.</summary>
    internal byte[]? Read(ReadOnlySpan<byte> key, out ValueInfo info)
    {
        byte[] value = [];
        while (TryRead(key, value, out info))
        {
            if (info.Bytes == value.Length)
            {
                return value;
            }

            // Another client may set a longer one before the next look; then once more.
            value = new byte[info.Bytes];
        }

        return null;
    }
}
