namespace Kvs;

/// <summary>A value as a stream that can be read and sought in. Disposing it ends the lease.</summary>
internal sealed class LeaseStream(ValueLease lease) : Stream
{
    // May lie behind the end, as in any stream: there is nothing to read there.
    private long _position;
    private bool _isDisposed;

    public override bool CanRead => !_isDisposed;

    public override bool CanSeek => !_isDisposed;

    public override bool CanWrite => false;

    public override long Length => lease.Value.Length;

    public override long Position
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _position;
        }

        set
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ReadOnlySpan<byte> left = lease.Value.Span[(int)Math.Min(_position, Length)..];
        int bytes = Math.Min(left.Length, buffer.Length);
        left[..bytes].CopyTo(buffer);
        _position += bytes;
        return bytes;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : new ValueTask<int>(Read(buffer.Span));

    public override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void CopyTo(Stream destination, int bufferSize)
    {
        ValidateCopyToArguments(destination, bufferSize);
        destination.Write(lease.Value.Span[(int)Math.Min(_position, Length)..]);
        _position = Math.Max(_position, Length);
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        long start = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => Position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "Begin, Current or End"),
        };
        if (start + offset < 0)
        {
            throw new IOException("The place to seek to lies before the beginning of the value.");
        }

        return Position = start + offset;
    }

    public override void Flush()
    {
        // There is nothing to write.
    }

    public override void Write(byte[] buffer, int offset, int count) => throw CannotWrite();

    public override void SetLength(long value) => throw CannotWrite();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _isDisposed = true;
            lease.Dispose();
        }

        base.Dispose(disposing);
    }

    private static NotSupportedException CannotWrite() =>
        new("A value that is read cannot be written through its stream; set the key.");
}
