using System.Buffers.Binary;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A frame as it stands in a segment's file; of a chunk and of a batch, its header.</summary>
/// <param name="Path">The segment.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Lane">The lane whose chunk it lies in, or is; <see cref="CommitLane"/> for commit records.</param>
/// <param name="Bytes">All of it.</param>
internal sealed record LogFrame(string Path, int Offset, uint Lane, byte[] Bytes)
{
    internal const uint CommitLane = uint.MaxValue;

    /// <summary>What its first word says: of a chunk and of a batch, more than its bytes here.</summary>
    internal int Length => (int)HandMade.Length(Bytes);

    internal byte Kind => HandMade.Kind(Bytes);

    internal bool IsRecord => Kind is HandMade.Put or HandMade.Remove;

    internal ulong Epoch => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(8)) & ((1UL << 48) - 1);

    internal ulong Sequence => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(16));

    internal (string Path, int Offset) Place => (Path, Offset);
}

/// <summary>Reads the log of a store as docs/FORMAT.md says, without a line of the engine.</summary>
internal static class LogImage
{
    /// <summary>All frames of all segments, in the order of their places.</summary>
    internal static List<LogFrame> Frames(SimulatedFiles files)
    {
        var frames = new List<LogFrame>();
        foreach ((string path, byte[] bytes) in SmallStore.Segments(files))
        {
            AddFrames(path, bytes, frames);
        }

        return frames;
    }

    /// <summary>All frames of one segment.</summary>
    internal static List<LogFrame> FramesOf(string path, byte[] file)
    {
        var frames = new List<LogFrame>();
        AddFrames(path, file, frames);
        return frames;
    }

    /// <summary>The file with a frame in it of which no more is there than its length and some bytes behind the first
    /// word: its writer died.</summary>
    internal static byte[] WithUnfinished(byte[] file, LogFrame frame, int copiedBytes)
    {
        byte[] torn = [.. file];
        torn.AsSpan(frame.Offset, frame.Bytes.Length).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(torn.AsSpan(frame.Offset), (ulong)frame.Length);
        frame.Bytes.AsSpan(8, copiedBytes).CopyTo(torn.AsSpan(frame.Offset + 8));
        return torn;
    }

    /// <summary>Numbers of bytes behind the first word of a frame that may have been copied: of a short one each, of
    /// a long one each near both ends and some between.</summary>
    internal static IEnumerable<int> CopiedBytes(LogFrame frame)
    {
        const int Ends = 96;
        const int Step = 509;
        int all = frame.Bytes.Length - 8;
        for (int copied = 0; copied <= all; copied += copied < Ends || copied >= all - Ends ? 1 : Step)
        {
            yield return copied;
        }
    }

    private static void AddFrames(string path, byte[] file, List<LogFrame> frames)
    {
        int at = HandMade.HeaderBytes;
        while (at + HandMade.ChunkHeaderBytes <= file.Length && HandMade.Length(file.AsSpan(at)) is > 0 and uint length)
        {
            int end = at + (int)length;
            byte kind = HandMade.Kind(file.AsSpan(at));
            bool isWhole = kind is HandMade.Footer or HandMade.Seal;
            byte[] bytes = file[at..(isWhole ? end : at + HandMade.ChunkHeaderBytes)];
            uint lane = kind == HandMade.Chunk ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(24)) : 0;
            frames.Add(new LogFrame(path, at, lane, bytes));
            if (kind == HandMade.Seal)
            {
                return;
            }

            if (kind == HandMade.Chunk)
            {
                AddInner(path, file, at + HandMade.ChunkHeaderBytes, end, lane, frames);
            }

            at = end;
        }
    }

    /// <summary>The frames in a chunk; of a batch, the header and then the records in it.</summary>
    private static void AddInner(string path, byte[] file, int at, int end, uint lane, List<LogFrame> frames)
    {
        while (at < end && HandMade.Length(file.AsSpan(at)) is > 0 and uint length)
        {
            ReadOnlySpan<byte> frame = file.AsSpan(at);
            bool isBatch = HandMade.IsComplete(frame) && HandMade.Kind(frame) == HandMade.Batch;
            int shown = isBatch ? HandMade.BatchHeaderBytes : (int)length;
            frames.Add(new LogFrame(path, at, lane, file[at..(at + shown)]));
            at += shown;
        }
    }
}
