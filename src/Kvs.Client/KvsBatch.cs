using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// Any number of reads and writes that travel together. They are executed one after the other and each has its own
/// result; they are not made as one (that is a <see cref="WriteBatch"/>).
/// </summary>
/// <remarks>Not thread-safe. Holds copies of what it is given, and may be changed and used again when the call that
/// executes it has returned its task.</remarks>
public sealed class KvsBatch
{
    internal BatchRequest Request { get; } = new();

    /// <summary>Operations in the batch.</summary>
    public int Count => Request.Count;

    /// <summary>Takes everything out; the memory stays for the next use.</summary>
    public void Clear() => Request.Clear();

    /// <summary>Reads a value.</summary>
    public void Get(ReadOnlySpan<byte> key) => Request.Get(key);

    /// <summary>Reads a value, its version and its expiry.</summary>
    public void Read(ReadOnlySpan<byte> key) => Request.Get(key, saysVersion: true);

    /// <summary>Stores a value, as the options say.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options = default) =>
        Request.Set(key, value, options == default ? default : WriteFields.Of(options, saysVersion: true));

    /// <summary>Removes a key, as the options say.</summary>
    /// <exception cref="ArgumentException">The options name an expiry.</exception>
    public void Remove(ReadOnlySpan<byte> key, in WriteOptions options = default)
    {
        options.CheckForRemoval();
        Request.Remove(key, WriteFields.Of(options));
    }

    /// <summary>Adds to a number, as <see cref="IKvsEngine.Increment"/>.</summary>
    /// <exception cref="ArgumentException">The options name a condition.</exception>
    public void Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        options.CheckUnconditional();
        Request.Increment(key, delta, WriteFields.Of(options));
    }
}
