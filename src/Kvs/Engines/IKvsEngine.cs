using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Kvs;

/// <summary>
/// A key-value store that any number of threads use at once as one shared object. What every engine promises
/// is written as one test suite (<c>EngineContract</c>), and each engine passes it.
/// </summary>
/// <remarks>
/// Keys and values are bytes. A key is 1 to <see cref="Limits.MaxKeyBytes"/> bytes, a value 0 to
/// <see cref="Limits.MaxValueBytes"/>; anything beyond throws <see cref="KvsLimitException"/> before anything is
/// stored. Each key is linearizable: a get sees the latest set or remove of that key that completed before it began.
/// Every method but <see cref="IDisposable.Dispose"/> throws <see cref="ObjectDisposedException"/> after it.
/// </remarks>
public interface IKvsEngine : IDisposable
{
    /// <summary>The engine's name as programs take and folders remember it: <c>kvs</c>, <c>memory</c>, ...</summary>
    string Name { get; }

    /// <summary>How long keys and values may be.</summary>
    Limits Limits { get; }

    /// <summary>What a write has reached when its call returns, unless it says otherwise.</summary>
    Durability Durability { get; }

    /// <summary>Stores <paramref name="value"/> under <paramref name="key"/>, in place of what was there.</summary>
    /// <exception cref="KvsLimitException">The key or the value is beyond the limits; nothing was stored.</exception>
    /// <exception cref="KvsWriteException">The write could not be made, or not be made durable.</exception>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum; it was not replaced.
    /// </exception>
    void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Stores a value where a condition holds, up to a moment, at a durability of its own: whatever of it the
    /// options say. Errors are those of <see cref="Set"/>.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options);

    /// <summary>Stores a value that comes from a stream, without a managed copy of the whole where it is large. The
    /// stream is read before the condition is looked at.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Where the value is read from.</param>
    /// <param name="valueBytes">How many bytes it has.</param>
    /// <param name="options">How the write is made.</param>
    /// <exception cref="EndOfStreamException">The stream ended early; nothing was stored. The same holds for whatever
    /// reading from it throws.</exception>
    WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options);

    /// <summary>Stores entries one after the other, faster than one call for each; not as one (that is a
    /// <see cref="WriteBatch"/>). Where one of them fails, those before it are stored.</summary>
    /// <exception cref="ArgumentException">The options name a condition.</exception>
    void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default);

    /// <summary>Removes a key; false when it was not there.</summary>
    /// <exception cref="KvsWriteException">The removal could not be written, or not be made durable.</exception>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum; it is still there.
    /// </exception>
    bool Remove(ReadOnlySpan<byte> key);

    /// <summary>Removes a key where a condition holds. Errors are those of <see cref="Remove"/>.</summary>
    /// <exception cref="ArgumentException">The options name an expiry.</exception>
    WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options);

    /// <summary>
    /// Adds to the number that is stored under a key as decimal text ("-12"), and stores the sum the same way. A key
    /// that is not there counts as 0. The key's expiry stays unless the options name another.
    /// </summary>
    /// <returns>The sum.</returns>
    /// <exception cref="FormatException">The value is not a whole number of 64 bits; it was not changed.</exception>
    /// <exception cref="OverflowException">The sum is not; nothing was changed.</exception>
    /// <exception cref="ArgumentException">The options name a condition, or contradict each other.</exception>
    long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default);

    /// <summary>
    /// Makes all writes of a batch as one: after any crash they are all there or none is. A reader may see some of
    /// them an instant before the others.
    /// </summary>
    /// <returns>False, and nothing written, when a requirement of the batch does not hold.</returns>
    /// <exception cref="KvsLimitException">A key or a value is beyond the limits, or the whole beyond
    /// <see cref="Limits.MaxBatchBytes"/>; nothing was written.</exception>
    /// <exception cref="KvsWriteException">The batch could not be written, or not be made durable.</exception>
    /// <exception cref="KvsDamageException">What is stored under a key fails its checksum; nothing was written.
    /// </exception>
    bool TryWrite(WriteBatch batch, Durability? durability = null);

    /// <summary>Makes everything durable that was written before this call, at whatever level; returns when it is.
    /// </summary>
    /// <exception cref="KvsWriteException">It could not be made durable.</exception>
    void Flush();

    /// <summary>The same without holding a thread.</summary>
    /// <param name="cancellation">Ends the waiting, not the sync.</param>
    ValueTask FlushAsync(CancellationToken cancellation = default);

    /// <summary>The same for who has many waiting and no thread to spare: a callback, where the engine can on the
    /// thread that has made the sync, which saves a change of threads for each.</summary>
    /// <param name="done">Called once, with null or with why the sync failed. It must be short and not throw, and may
    /// call this again but nothing of the store's that waits: the next sync comes after it.</param>
    /// <returns>False, and nothing is called, where everything is durable already.</returns>
    /// <exception cref="KvsWriteException">The store takes no more writes; nothing is called.</exception>
    /// <exception cref="ObjectDisposedException">The store was closed; nothing is called.</exception>
    bool FlushThen(Action<Exception?> done)
    {
        ValueTask flushing = FlushAsync();
        if (flushing.IsCompletedSuccessfully)
        {
            return false;
        }

        _ = flushing.AsTask().ContinueWith(
            static (flushed, done) => ((Action<Exception?>)done!)(
                flushed.IsCompletedSuccessfully
                    ? null
                    : flushed.Exception?.InnerException ??
                        new KvsWriteException("The flush was given up.", isFinal: false)),
            done,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    /// <summary>Reads a value into a new array; false when the key is not there.</summary>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum.</exception>
    bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value);

    /// <summary>
    /// Appends the value to <paramref name="destination"/>; false, and nothing appended, when the key is not there.
    /// </summary>
    /// <remarks>The destination is asked for room in the middle of the operation. It may read from the
    /// store; it must not write to it, nor wait for another thread: commits wait for the operation to end.</remarks>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum.</exception>
    bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination);

    /// <summary>
    /// Copies the value into <paramref name="destination"/>, allocating nothing. False when the key is not there.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">Where the value goes when it fits; untouched when it does not.</param>
    /// <param name="valueBytes">
    /// The value's length, also where it is longer than <paramref name="destination"/>: call again with more room.
    /// </param>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum.</exception>
    bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes);

    /// <summary>The same, and says the value's version and expiry.</summary>
    bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info);

    /// <summary>Leases a value where the store holds it; null when the key is not there.</summary>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum.</exception>
    ValueLease? TryLease(ReadOnlySpan<byte> key);

    /// <summary>Reads many keys, faster than one call for each: what has to be fetched from memory is fetched for all
    /// of them at once. The receiver is called once for each key, in order. Allocates nothing.</summary>
    /// <exception cref="KvsLimitException">A key is empty or too long; the receiver was not called.</exception>
    /// <exception cref="KvsDamageException">What is stored under a key fails its checksum; the receiver was called for
    /// the keys before it.</exception>
    void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct;

    /// <summary>
    /// Brings near what operations on some keys will look at, for all of them at once, so that each need not wait for
    /// memory by itself. Worth it for some 8 to 64 operations that follow at once; changes nothing, whatever the bytes.
    /// </summary>
    /// <param name="bytes">What the keys lie in.</param>
    /// <param name="keys">Where each of them lies.</param>
    void Prefetch(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> keys)
    {
        // An engine that has nothing to fetch ahead is as right as one that has.
    }

    /// <summary>
    /// Reads a page of entries, in no order that means anything to the caller. Weakly consistent: an entry that is
    /// there from the first page to the last is returned exactly once; one that comes or goes in between may be
    /// returned or not.
    /// </summary>
    /// <param name="cursor">0 to begin; then what the page before returned.</param>
    /// <param name="maxEntries">The page ends after so many entries, at least 1.</param>
    /// <param name="maxBytes">The page ends when its keys and values reach so many bytes, and never before its first
    /// entry. A page may be empty all the same, where a long stretch holds nothing: only a cursor of 0 is the end.
    /// </param>
    /// <param name="prefix">Only keys that begin with these bytes.</param>
    /// <param name="keysOnly">Leaves the values of the entries empty.</param>
    /// <exception cref="KvsDamageException">An entry fails its checksum.</exception>
    ScanPage Scan(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false);

    /// <summary>Figures about the store, cheap enough to ask for every second.</summary>
    EngineStatistics GetStatistics();
}
