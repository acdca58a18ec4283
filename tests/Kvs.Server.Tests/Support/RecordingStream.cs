namespace Kvs.Server.Tests.Support;

/// <summary>Keeps what is read through it, to look at TLS from below.</summary>
internal sealed class RecordingStream(Stream inner) : Stream
{
    private const int HeaderBytes = 5;
    private const byte AlertType = 21;

    private readonly MemoryStream _read = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether the last whole record of TLS was an alert, as the one that tells the end is.</summary>
    internal bool LastRecordIsAlert()
    {
        byte[] bytes = _read.ToArray();
        byte type = 0;
        for (int at = 0; at + HeaderBytes <= bytes.Length; at += HeaderBytes + ((bytes[at + 3] << 8) | bytes[at + 4]))
        {
            type = bytes[at];
        }

        return type == AlertType;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        _read.Write(buffer[..count]);
        return count;
    }

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
