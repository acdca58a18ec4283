using System.Buffers.Binary;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>What became of one operation of a <see cref="KvsBatch"/>.</summary>
public readonly struct KvsResult
{
    private readonly ulong _number;

    internal KvsResult(ReplyStatus status, ReadOnlyMemory<byte> value, in BatchItem item)
    {
        Status = status;
        if (BinaryProtocol.IsError(status))
        {
            Error = new KvsServerException(status, ReplyReader.ReadMessage(value.Span));
        }
        else if (item.Operation != Operation.Get)
        {
            _ = BinaryPrimitives.TryReadUInt64LittleEndian(value.Span, out _number);
        }
        else
        {
            ReadOnlySpan<byte> bytes = value.Span;
            if (item.Fields.Has(RequestFlags.SaysVersion) && ReplyReader.TryReadInfo(ref bytes, out ValueInfo info))
            {
                _number = info.Version;
                ExpiresAt = info.ExpiresAt;
            }

            Value = value[^bytes.Length..];
        }
    }

    internal KvsResult(KvsException error)
    {
        Status = (error as KvsServerException)?.Status ?? ReplyStatus.InternalError;
        Error = error;
    }

    /// <summary>How the operation ended, as the server said it; InternalError where no answer came.</summary>
    public ReplyStatus Status { get; }

    /// <summary>Why the operation was not done, or not certainly; null where it was, and where there was nothing to do.
    /// </summary>
    public KvsException? Error { get; }

    /// <summary>Whether a get has found its key, or a write was made.</summary>
    public bool IsDone => Status is ReplyStatus.Ok or ReplyStatus.Written;

    /// <summary>The value that a get has found; empty otherwise.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The moment from which on the key of a read is not there any more; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>The version of a read; of a set with options, the one that it gave; of a write whose condition did not
    /// hold, the one that stood in the way. 0 for a key that is not there, and where it was not asked for.</summary>
    public ulong Version => _number;

    /// <summary>The sum of an increment.</summary>
    public long Number => (long)_number;

    /// <summary>Does nothing for an operation that did not fail.</summary>
    /// <exception cref="KvsServerException">The server refused or failed it.</exception>
    /// <exception cref="KvsConnectionException">Its server was not there, or no more.</exception>
    public void ThrowIfError()
    {
        if (Error is not null)
        {
            throw Error;
        }
    }
}
