using System.Buffers;

namespace Kvs.Tests;

/// <summary>The destination of a get that does something in the middle of it.</summary>
internal sealed class CallbackBuffer(Action inTheMiddle) : IBufferWriter<byte>
{
    private readonly byte[] _buffer = new byte[100];

    public void Advance(int count)
    {
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        inTheMiddle();
        return _buffer;
    }
}
