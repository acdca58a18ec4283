namespace Kvs;

/// <summary>
/// A write was not made, or was not made durable. Where <see cref="IsFinal"/> is true, the store takes no further
/// writes until it is opened again; reads go on either way.
/// </summary>
public sealed class KvsWriteException : KvsException
{
    /// <summary>Makes the error.</summary>
    public KvsWriteException(string message, bool isFinal, Exception? inner = null) : base(message, inner)
    {
        IsFinal = isFinal;
    }

    /// <summary>
    /// True after a failed sync, which is never retried: the kernel has already dropped the pages. False where the
    /// write may be tried again, for example when there is room on the disk again.
    /// </summary>
    public bool IsFinal { get; }
}
