namespace Kvs.Client;

/// <summary>
/// What can be asked of one server or of several. <see cref="KvsConnection"/> and <see cref="KvsCluster"/> are it.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member, any number of calls at once. Keys and values are to be left alone until the
/// call's task is done; each task is awaited once.</para>
/// <para>Every call can fail with <see cref="KvsServerException"/>, where the server refused or failed it, and with
/// <see cref="KvsConnectionException"/>, where no answer came: its
/// <see cref="KvsConnectionException.OutcomeUnknown"/> says whether a write may have been made all the same. Nothing is
/// sent twice. Cancelling ends the waiting: a write that is under way may be made or not.</para>
/// </remarks>
public interface IKvsAsyncClient : IAsyncDisposable
{
    /// <summary>Reads a value; null when the key is not there.</summary>
    ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default);

    /// <summary>Reads a value, its version and its expiry; null when the key is not there.</summary>
    ValueTask<KvsValue?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default);

    /// <summary>Stores a value under a key, in place of what was there.</summary>
    ValueTask SetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellation = default);

    /// <summary>Stores a value where a condition holds, up to a moment, at a durability of its own: whatever of it the
    /// options say.</summary>
    ValueTask<WriteResult> TrySetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        WriteOptions options,
        CancellationToken cancellation = default);

    /// <summary>Removes a key, where a condition holds. Not done where it was not there.</summary>
    ValueTask<WriteResult> TryRemoveAsync(
        ReadOnlyMemory<byte> key, WriteOptions options = default, CancellationToken cancellation = default);

    /// <summary>Adds to the number that is stored under a key as decimal text; returns the sum.</summary>
    ValueTask<long> IncrementAsync(
        ReadOnlyMemory<byte> key,
        long delta = 1,
        WriteOptions options = default,
        CancellationToken cancellation = default);

    /// <summary>Executes the operations of a batch in their order; of those that go to one server.</summary>
    /// <returns>A result for each, in their order.</returns>
    /// <exception cref="KvsLimitException">What goes to one server is longer than it reads; nothing was sent.
    /// </exception>
    ValueTask<IReadOnlyList<KvsResult>> ExecuteAsync(
        KvsBatch batch, Durability? durability = null, CancellationToken cancellation = default);

    /// <summary>Makes all writes of a batch as one; false, and nothing written, when a requirement of it does not hold.
    /// All its keys are on one server.</summary>
    ValueTask<bool> TryWriteAsync(
        WriteBatch batch, Durability? durability = null, CancellationToken cancellation = default);

    /// <summary>All entries whose keys begin with a prefix, or all, in no order. Weakly consistent: an entry that is
    /// there from the first to the last is returned exactly once.</summary>
    /// <param name="prefix">Only keys that begin with these bytes.</param>
    /// <param name="keysOnly">Leaves the values of the entries empty.</param>
    /// <param name="cancellation">Ends the scan.</param>
    IAsyncEnumerable<KvsEntry> ScanAsync(
        ReadOnlyMemory<byte> prefix = default, bool keysOnly = false, CancellationToken cancellation = default);

    /// <summary>Is done when every server has answered.</summary>
    ValueTask PingAsync(CancellationToken cancellation = default);
}
