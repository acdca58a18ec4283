using Kvs.Text;

namespace Kvs;

/// <summary>Writes that wait for the disk without holding a thread, and the reads beside them.</summary>
/// <remarks>
/// A write is made, and seen by all, before its method returns; only where it is to reach
/// <see cref="Durability.Disk"/> is there something to wait for. Cancelling ends that waiting and nothing else: the
/// write is made in any case, and what an <see cref="OperationCanceledException"/> leaves open is whether it is
/// durable. Keys, values and batches are the caller's again when the method returns. Errors come with the task, and are
/// those of the methods without <c>Async</c>.
/// </remarks>
public static class AsyncExtensions
{
    /// <summary>Stores a value under a key, in place of what was there.</summary>
    public static async ValueTask SetAsync(this IKvsEngine engine, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        CancellationToken cancellation = default) =>
        await engine.TrySetAsync(key, value, default, cancellation).ConfigureAwait(false);

    /// <inheritdoc cref="SetAsync(IKvsEngine, ReadOnlyMemory{byte}, ReadOnlyMemory{byte}, CancellationToken)"/>
    public static async ValueTask SetAsync(
        this IKvsEngine engine, string key, string value, CancellationToken cancellation = default) =>
        await engine.TrySetAsync(key, value, default, cancellation).ConfigureAwait(false);

    /// <summary>Stores a value as the options say.</summary>
    public static async ValueTask<WriteResult> TrySetAsync(this IKvsEngine engine, ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value, WriteOptions options, CancellationToken cancellation = default)
    {
        bool waits = engine.TakeOverWaiting(ref options);
        WriteResult result = engine.TrySet(key.Span, value.Span, options);
        await engine.FlushAsync(waits && result.IsDone, cancellation).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc
    /// cref="TrySetAsync(IKvsEngine, ReadOnlyMemory{byte}, ReadOnlyMemory{byte}, WriteOptions, CancellationToken)"/>
    public static async ValueTask<WriteResult> TrySetAsync(this IKvsEngine engine, string key, string value,
        WriteOptions options, CancellationToken cancellation = default)
    {
        bool waits = engine.TakeOverWaiting(ref options);
        WriteResult result = engine.TrySet(key, value, options);
        await engine.FlushAsync(waits && result.IsDone, cancellation).ConfigureAwait(false);
        return result;
    }

    /// <summary>Removes a key; false when it was not there.</summary>
    public static async ValueTask<bool> RemoveAsync(
        this IKvsEngine engine, ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        (await engine.TryRemoveAsync(key, default, cancellation).ConfigureAwait(false)).IsDone;

    /// <inheritdoc cref="RemoveAsync(IKvsEngine, ReadOnlyMemory{byte}, CancellationToken)"/>
    public static ValueTask<bool> RemoveAsync(
        this IKvsEngine engine, string key, CancellationToken cancellation = default) =>
        engine.RemoveAsync(Utf8Text.Encode(key), cancellation);

    /// <summary>Removes a key, as the options say.</summary>
    public static async ValueTask<WriteResult> TryRemoveAsync(this IKvsEngine engine, ReadOnlyMemory<byte> key,
        WriteOptions options, CancellationToken cancellation = default)
    {
        bool waits = engine.TakeOverWaiting(ref options);
        WriteResult result = engine.TryRemove(key.Span, options);
        await engine.FlushAsync(waits && result.IsDone, cancellation).ConfigureAwait(false);
        return result;
    }

    /// <summary>Adds to the number that is stored under a key, as <see cref="IKvsEngine.Increment"/>.</summary>
    public static async ValueTask<long> IncrementAsync(this IKvsEngine engine, ReadOnlyMemory<byte> key, long delta,
        WriteOptions options = default, CancellationToken cancellation = default)
    {
        bool waits = engine.TakeOverWaiting(ref options);
        long sum = engine.Increment(key.Span, delta, options);
        await engine.FlushAsync(waits, cancellation).ConfigureAwait(false);
        return sum;
    }

    /// <summary>Makes all writes of a batch as one, where its requirements hold.</summary>
    public static async ValueTask<bool> TryWriteAsync(this IKvsEngine engine, WriteBatch batch,
        Durability? durability = null, CancellationToken cancellation = default)
    {
        var options = new WriteOptions { Durability = durability };
        bool waits = engine.TakeOverWaiting(ref options);
        bool isWritten = engine.TryWrite(batch, options.Durability);
        await engine.FlushAsync(waits && isWritten, cancellation).ConfigureAwait(false);
        return isWritten;
    }

    /// <summary>Makes all writes of a batch that requires nothing as one.</summary>
    /// <exception cref="ArgumentException">The batch has a requirement; nothing was written.</exception>
    public static async ValueTask WriteAsync(this IKvsEngine engine, WriteBatch batch, Durability? durability = null,
        CancellationToken cancellation = default)
    {
        WriteBatchExtensions.CheckRequiresNothing(batch);
        await engine.TryWriteAsync(batch, durability, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads a value into a new array; null when the key is not there. Is done when it returns: a read waits
    /// for nothing that could be awaited.</summary>
    public static ValueTask<byte[]?> GetAsync(
        this IKvsEngine engine, ReadOnlyMemory<byte> key, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<byte[]?>(cancellation);
        }

        try
        {
            return ValueTask.FromResult(engine.TryGet(key.Span, out byte[]? value) ? value : null);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<byte[]?>(e);
        }
    }

    /// <inheritdoc cref="GetAsync(IKvsEngine, ReadOnlyMemory{byte}, CancellationToken)"/>
    public static ValueTask<byte[]?> GetAsync(
        this IKvsEngine engine, string key, CancellationToken cancellation = default) =>
        engine.GetAsync(Utf8Text.Encode(key), cancellation);

    /// <summary>Lets the write itself go no further than the process where the disk would be waited for, and says
    /// whether that is so.</summary>
    private static bool TakeOverWaiting(this IKvsEngine engine, ref WriteOptions options)
    {
        if ((options.Durability ?? engine.Durability) != Durability.Disk)
        {
            return false;
        }

        options = options with { Durability = Durability.Process };
        return true;
    }

    private static ValueTask FlushAsync(this IKvsEngine engine, bool waits, CancellationToken cancellation) =>
        waits ? engine.FlushAsync(cancellation) : ValueTask.CompletedTask;
}
