using System.Buffers;

namespace Kvs.Protocol.Tests;

/// <summary>Makes sequences of several pieces.</summary>
internal static class Segments
{
    internal static ReadOnlySequence<byte> Of(params byte[][] pieces)
    {
        Segment first = new(pieces[0], 0);
        Segment last = first;
        foreach (byte[] piece in pieces.Skip(1))
        {
            last = last.Append(piece);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Pieces of <paramref name="pieceBytes"/> each.</summary>
    internal static ReadOnlySequence<byte> Cut(byte[] bytes, int pieceBytes) => Of([.. bytes.Chunk(pieceBytes)]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(byte[] memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Segment Append(byte[] memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
