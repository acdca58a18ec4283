using Kvs.Text;

namespace Kvs.Client;

/// <summary>
/// What asynchronous clients can do for many keys, and for strings, on top of bytes. Strings are UTF-8; one that has no
/// UTF-8 form (half of a surrogate pair) is an <see cref="ArgumentException"/>, and bytes that are not UTF-8 are one
/// when read as a string.
/// </summary>
public static class KvsAsyncClientExtensions
{
    /// <summary>Removes a key; false when it was not there.</summary>
    public static async ValueTask<bool> RemoveAsync(
        this IKvsAsyncClient client, ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        (await client.TryRemoveAsync(key, default, cancellation).ConfigureAwait(false)).IsDone;

    /// <summary>Reads many values, in the order of the keys; null for each key that is not there.</summary>
    /// <exception cref="KvsServerException">One of them could not be read.</exception>
    /// <exception cref="KvsConnectionException">A server was not there, or no more. To get what the others have, give
    /// <see cref="IKvsAsyncClient.ExecuteAsync"/> a batch of gets.</exception>
    public static async ValueTask<byte[]?[]> GetManyAsync(
        this IKvsAsyncClient client,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        CancellationToken cancellation = default)
    {
        var batch = new KvsBatch();
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            batch.Get(key.Span);
        }

        IReadOnlyList<KvsResult> results = await client.ExecuteAsync(batch, null, cancellation).ConfigureAwait(false);
        var values = new byte[]?[results.Count];
        for (int i = 0; i < values.Length; i++)
        {
            results[i].ThrowIfError();
            values[i] = results[i].IsDone ? results[i].Value.ToArray() : null;
        }

        return values;
    }

    /// <summary>Stores many entries; not as one, so that where one of them fails, others may be stored.</summary>
    /// <exception cref="KvsServerException">One of them could not be stored.</exception>
    /// <exception cref="KvsConnectionException">A server was not there, or no more.</exception>
    public static async ValueTask SetManyAsync(
        this IKvsAsyncClient client,
        IEnumerable<KvsEntry> entries,
        WriteOptions options = default,
        CancellationToken cancellation = default)
    {
        options.CheckUnconditional();
        var batch = new KvsBatch();
        foreach (KvsEntry entry in entries)
        {
            batch.Set(entry.Key.Span, entry.Value.Span, options);
        }

        foreach (KvsResult result in await client.ExecuteAsync(batch, null, cancellation).ConfigureAwait(false))
        {
            result.ThrowIfError();
        }
    }

    /// <summary>Makes all writes of a batch that requires nothing as one.</summary>
    /// <exception cref="ArgumentException">The batch has a requirement; nothing was written.</exception>
    public static async ValueTask WriteAsync(
        this IKvsAsyncClient client,
        WriteBatch batch,
        Durability? durability = null,
        CancellationToken cancellation = default)
    {
        WriteBatchExtensions.CheckRequiresNothing(batch);
        _ = await client.TryWriteAsync(batch, durability, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads a value as a string; null when the key is not there.</summary>
    /// <exception cref="ArgumentException">The value is not UTF-8.</exception>
    public static async ValueTask<string?> GetStringAsync(
        this IKvsAsyncClient client, string key, CancellationToken cancellation = default) =>
        await client.GetAsync(Utf8Text.Encode(key), cancellation).ConfigureAwait(false) is { } value
            ? Utf8Text.Decode(value)
            : null;

    /// <summary>Stores a string under a string.</summary>
    public static ValueTask SetAsync(
        this IKvsAsyncClient client, string key, string value, CancellationToken cancellation = default) =>
        client.SetAsync(Utf8Text.Encode(key), Utf8Text.Encode(value), cancellation);

    /// <summary>Stores a string under a string, as the options say.</summary>
    public static ValueTask<WriteResult> TrySetAsync(
        this IKvsAsyncClient client,
        string key,
        string value,
        WriteOptions options,
        CancellationToken cancellation = default) =>
        client.TrySetAsync(Utf8Text.Encode(key), Utf8Text.Encode(value), options, cancellation);

    /// <summary>Removes a key; false when it was not there.</summary>
    public static ValueTask<bool> RemoveAsync(
        this IKvsAsyncClient client, string key, CancellationToken cancellation = default) =>
        client.RemoveAsync(Utf8Text.Encode(key), cancellation);

    /// <summary>Adds to the number that is stored under a key as decimal text; returns the sum.</summary>
    public static ValueTask<long> IncrementAsync(
        this IKvsAsyncClient client, string key, long delta = 1, CancellationToken cancellation = default) =>
        client.IncrementAsync(Utf8Text.Encode(key), delta, default, cancellation);
}
