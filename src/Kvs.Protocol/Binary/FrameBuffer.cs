using System.Buffers;
using System.Runtime.InteropServices;

namespace Kvs.Protocol.Binary;

/// <summary>
/// Native memory that a frame's body is gathered in. Native, because growing it costs the operating system a change of
/// its page tables and no copy, and because a value of 256 MiB goes back the moment it has been stored, without
/// waiting for a garbage collection. Not thread-safe.
/// </summary>
internal sealed unsafe class FrameBuffer : IDisposable
{
    /// <summary>The first allocation, in bytes: most frames that were cut between two receives fit.</summary>
    private const int FirstBytes = 1024;

    private byte* _memory;

    /// <summary>Bytes gathered.</summary>
    public int Length { get; private set; }

    /// <summary>Memory held, in bytes.</summary>
    public int CapacityBytes { get; private set; }

    /// <summary>What was gathered; valid until the next call of another member.</summary>
    public ReadOnlySpan<byte> Written => new(_memory, Length);

    ~FrameBuffer() => NativeMemory.Free(_memory);

    /// <summary>Copies a piece to the end.</summary>
    /// <param name="piece">What has arrived.</param>
    /// <param name="expectedBytes">How long the whole will be, in bytes: growth stops there.</param>
    public void Append(in ReadOnlySequence<byte> piece, int expectedBytes)
    {
        int pieceBytes = (int)piece.Length;
        if (pieceBytes == 0)
        {
            return;
        }

        Grow(Length + pieceBytes, expectedBytes);
        piece.CopyTo(new Span<byte>(_memory + Length, pieceBytes));
        Length += pieceBytes;
        GC.KeepAlive(this);
    }

    /// <summary>Copies a whole body into the empty buffer.</summary>
    public void Append(ReadOnlySpan<byte> body)
    {
        Grow(body.Length, body.Length);
        body.CopyTo(new Span<byte>(_memory, body.Length));
        Length = body.Length;
        GC.KeepAlive(this);
    }

    /// <summary>Forgets what was gathered and gives the memory back.</summary>
    public void Clear()
    {
        Length = 0;
        if (_memory != null)
        {
            NativeMemory.Free(_memory);
            _memory = null;
            CapacityBytes = 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }

    private void Grow(int neededBytes, int expectedBytes)
    {
        if (neededBytes <= CapacityBytes)
        {
            return;
        }

        // Twice what has arrived, never more than was announced: the sum of all growth stays linear, and nobody
        // gets memory for bytes that they did not send.
        long doubled = Math.Max(FirstBytes, 2L * neededBytes);
        int capacity = (int)Math.Min(doubled, expectedBytes);
        _memory = (byte*)NativeMemory.Realloc(_memory, (nuint)capacity);
        CapacityBytes = capacity;
    }
}
