using System.Buffers;

namespace Kvs.Server.Connections;

/// <summary>Memory that grows up to a bound.</summary>
internal sealed class BoundedWriter(ArrayBufferWriter<byte> inner, long maxBytes) : IBufferWriter<byte>
{
    public void Advance(int count) => inner.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Check(sizeHint);
        return inner.GetMemory(sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Check(sizeHint);
        return inner.GetSpan(sizeHint);
    }

    private void Check(int sizeHint)
    {
        if ((long)inner.WrittenCount + sizeHint > maxBytes)
        {
            throw new ReplyTooLongException(maxBytes);
        }
    }
}
