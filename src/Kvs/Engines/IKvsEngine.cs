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

    /// <summary>Stores <paramref name="value"/> under <paramref name="key"/>, in place of what was there.</summary>
    /// <exception cref="KvsLimitException">The key or the value is beyond the limits; nothing was stored.</exception>
    /// <exception cref="KvsWriteException">The write could not be made, or not be made durable.</exception>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum; it was not replaced.
    /// </exception>
    void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

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

    /// <summary>Removes a key; false when it was not there.</summary>
    /// <exception cref="KvsWriteException">The removal could not be written, or not be made durable.</exception>
    /// <exception cref="KvsDamageException">What is stored under the key fails its checksum; it is still there.
    /// </exception>
    bool Remove(ReadOnlySpan<byte> key);

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
    /// <exception cref="KvsDamageException">An entry fails its checksum.</exception>
    ScanPage Scan(ulong cursor, int maxEntries, long maxBytes);

    /// <summary>Figures about the store, cheap enough to ask for every second.</summary>
    EngineStatistics GetStatistics();
}
