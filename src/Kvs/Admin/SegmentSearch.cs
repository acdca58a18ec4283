using Kvs.Log;

namespace Kvs.Admin;

/// <summary>
/// Finds all that is sound in a segment of which anything may be damaged. Here, and only here, the next sound frame is
/// searched for behind damage: a checksum begins from the store's secret and the frame's place, so that neither a
/// user's bytes nor old ones pass for a frame.
/// </summary>
/// <remarks>
/// A batch counts as a whole or not at all. Where its header is damaged, its records cannot be told from others, and
/// count. Nothing is searched for in room that was taken and not filled: what its writer left there never counted.
/// </remarks>
/// <param name="segment">The segment.</param>
internal sealed unsafe class SegmentSearch(Segment segment)
{
    /// <summary>A user's bytes can look like many long frames, one in the other. When so much was summed up in vain,
    /// only short ones are looked at any more.</summary>
    private const long MostBytesInVain = 16L * 1024 * 1024 * 1024;

    private const uint ShortFrameBytes = 4 * 1024;

    private long _bytesInVain;

    /// <summary>Bytes between two places that cannot be read.</summary>
    internal readonly record struct Gap(uint From, uint To);

    /// <summary>Where sound puts and removes begin, ascending; those of damaged batches are left out.</summary>
    internal List<uint> Records { get; } = [];

    /// <summary>What is neither sound nor empty.</summary>
    internal List<Gap> Gaps { get; } = [];

    /// <summary>Batches whose header is sound, and something behind it is not.</summary>
    internal List<Gap> BrokenBatches { get; } = [];

    /// <summary>Chunks whose header is sound, and where the frames in each end.</summary>
    internal List<(uint Offset, ChunkHeader Header, uint End)> Chunks { get; } = [];

    /// <summary>The commit records.</summary>
    internal List<CommitRecord> Commits { get; } = [];

    /// <summary>Where a footer stands that was met behind the chunks, and whose checksum is right.</summary>
    internal uint? FooterOffset { get; private set; }

    /// <summary>The seal that was met behind the chunks.</summary>
    internal Seal? Seal { get; private set; }

    /// <summary>Looks at everything from the first chunk to an end.</summary>
    internal void Run(uint end)
    {
        uint at = SegmentHeader.Bytes;
        while (HasRoom(at, end) && Seal is null)
        {
            FrameKind kind = SoundKind(at, end);
            switch (kind)
            {
                case FrameKind.Chunk:
                    at = TakeChunk(at);
                    break;
                case FrameKind.Footer:
                    FooterOffset = at;
                    at += LengthAt(at);
                    break;
                case FrameKind.Seal:
                    Seal = Log.Seal.TryRead(segment, at);
                    break;
                case FrameKind.None when IsEmpty(at, end):
                    return;
                case FrameKind.None when IsHole(at, end):
                    at += LengthAt(at);
                    break;
                case FrameKind.None:
                    at = TakeGap(at, end, isInChunk: false);
                    break;
                default:
                    at = TakeFrames(at, end, isInChunk: false);
                    break;
            }
        }
    }

    /// <summary>Takes what recovery decided to keep, in place of <see cref="Run"/>.</summary>
    internal void TakeKept(IEnumerable<ChunkWalk> chunks)
    {
        foreach (ChunkWalk chunk in chunks.Where(chunk => chunk.Header is not null))
        {
            TakeFrames(chunk.Offset + Frame.ChunkHeaderBytes, chunk.KeptEnd, isInChunk: true);
        }
    }

    private static bool HasRoom(uint at, uint end) => at < end && end - at >= Frame.CommonBytes;

    private uint LengthAt(uint at) => Frame.LengthOf(Frame.ReadWord(segment.Start + at));

    private uint TakeChunk(uint at)
    {
        uint end = at + LengthAt(at);
        uint from = at + Frame.ChunkHeaderBytes;
        Chunks.Add((at, ChunkHeader.Read(segment.Start + at), TakeFrames(from, end, isInChunk: true)));
        return end;
    }

    /// <summary>Takes the frames of a chunk. Returns where they end; of a chunk whose header was lost, so that nobody
    /// knows how long it is, where something else begins.</summary>
    private uint TakeFrames(uint at, uint end, bool isInChunk)
    {
        uint framesEnd = at;
        while (HasRoom(at, end))
        {
            FrameKind kind = SoundKind(at, end);
            switch (kind)
            {
                case FrameKind.Put or FrameKind.Remove:
                    Records.Add(at);
                    break;
                case FrameKind.Batch:
                    TakeBatch(at);
                    break;
                case FrameKind.Commit:
                    Commits.Add(CommitRecord.Read(segment.Start + at, LengthAt(at))!);
                    break;
                case FrameKind.Chunk or FrameKind.Footer or FrameKind.Seal when !isInChunk:
                    return at;
                case FrameKind.None when Frame.ReadWord(segment.Start + at) == 0 && !isInChunk:
                    return SegmentWalk.FindNonZero(segment, at, end) is { } next ? next & ~7u : end;
                case FrameKind.None when IsEmpty(at, end):
                    return framesEnd;
                case FrameKind.None or FrameKind.Chunk or FrameKind.Footer or FrameKind.Seal when !IsHole(at, end):
                    at = TakeGap(at, end, isInChunk);
                    framesEnd = at;
                    continue;
            }

            at += LengthAt(at);
            framesEnd = at;
        }

        return isInChunk ? framesEnd : end;
    }

    private void TakeBatch(uint at)
    {
        uint end = at + LengthAt(at);
        List<uint> inner = FindRecords(at + Frame.BatchHeaderBytes, end, out uint innerEnd);
        if (innerEnd == end && inner.Count == Frame.BatchCount(segment.Start + at))
        {
            Records.AddRange(inner);
        }
        else
        {
            BrokenBatches.Add(new Gap(at, end));
        }
    }

    /// <summary>Sound records, one behind the other.</summary>
    private List<uint> FindRecords(uint at, uint end, out uint innerEnd)
    {
        List<uint> found = [];
        while (HasRoom(at, end) && SoundKind(at, end) is FrameKind.Put or FrameKind.Remove)
        {
            found.Add(at);
            at += LengthAt(at);
        }

        innerEnd = at;
        return found;
    }

    /// <summary>All sound records in a damaged batch.</summary>
    internal List<uint> RecordsIn(Gap batch)
    {
        List<uint> found = [];
        uint at = batch.From + Frame.BatchHeaderBytes;
        while (at < batch.To)
        {
            found.AddRange(FindRecords(at, batch.To, out at));
            at = at < batch.To ? Search(at + Frame.Alignment, batch.To, isInChunk: true) : at;
        }

        return found;
    }

    /// <summary>Steps over what cannot be read; returns where the next sound frame begins, or the end.</summary>
    private uint TakeGap(uint at, uint end, bool isInChunk)
    {
        bool isHole = Frame.IsHole(Frame.ReadWord(segment.Start + at));
        uint next = isHole && isInChunk ? end : Search(at + Frame.Alignment, end, isInChunk);
        uint gapEnd = next;
        if (next == end)
        {
            // The zeros behind the last thing that is there are nobody's.
            int last = new ReadOnlySpan<byte>(segment.Start + at, (int)(end - at)).LastIndexOfAnyExcept((byte)0);
            gapEnd = at + (uint)Frame.Align(last + 1);
        }

        Gaps.Add(new Gap(at, Math.Min(gapEnd, end)));
        return next;
    }

    private uint Search(uint from, uint end, bool isInChunk)
    {
        for (uint at = from; HasRoom(at, end); at += Frame.Alignment)
        {
            uint length = LengthAt(at);
            if (Frame.IsComplete(Frame.ReadWord(segment.Start + at)) && length <= end - at &&
                (length <= ShortFrameBytes || _bytesInVain < MostBytesInVain))
            {
                FrameKind kind = SoundKind(at, end);
                if (kind != FrameKind.None &&
                    !(isInChunk && kind is FrameKind.Chunk or FrameKind.Footer or FrameKind.Seal))
                {
                    return at;
                }
            }
        }

        return end;
    }

    private bool IsEmpty(uint at, uint end) => SegmentWalk.FindNonZero(segment, at, end) is null;

    /// <summary>Whether room begins here that was taken and not filled: then something sound stands behind it, or
    /// nothing. Its length has no checksum.</summary>
    private bool IsHole(uint at, uint end)
    {
        ulong word = Frame.ReadWord(segment.Start + at);
        uint length = Frame.LengthOf(word);
        if (!Frame.IsHole(word) || length < Frame.CommonBytes || length > end - at)
        {
            return false;
        }

        uint behind = at + length;
        return !HasRoom(behind, end) || SoundKind(behind, end) != FrameKind.None || IsEmpty(behind, end) ||
            Frame.IsHole(Frame.ReadWord(segment.Start + behind));
    }

    /// <summary>What a sound frame here is; <see cref="FrameKind.None"/> where there is none.</summary>
    private FrameKind SoundKind(uint at, uint end)
    {
        byte* frame = segment.Start + at;
        ulong word = Frame.ReadWord(frame);
        uint length = Frame.LengthOf(word);
        if (!Frame.IsComplete(word) || length < Frame.CommonBytes || length > end - at)
        {
            return FrameKind.None;
        }

        FrameKind kind = Frame.Kind(frame);
        if (!HasPlausibleLength(frame, kind, length))
        {
            return FrameKind.None;
        }

        uint checkedBytes = Frame.CheckedBytes(frame, length);
        if (Frame.IsSound(frame, word, checkedBytes, segment.Salt, at))
        {
            return kind;
        }

        _bytesInVain += checkedBytes;
        return FrameKind.None;
    }

    /// <summary>Cheap, and wrong for nearly all bytes that are no frame.</summary>
    private static bool HasPlausibleLength(byte* frame, FrameKind kind, uint length) => kind switch
    {
        FrameKind.Put or FrameKind.Remove =>
            length >= Frame.RecordHeaderBytes && Frame.HasConsistentLengths(frame, length),
        FrameKind.Batch => length >= Frame.BatchHeaderBytes,
        FrameKind.Commit => length >= Frame.CommitHeaderBytes && CommitRecord.Read(frame, length) is not null,
        FrameKind.Chunk => length >= Frame.ChunkHeaderBytes,
        FrameKind.Padding => true,
        FrameKind.Footer => length >= Frame.FooterHeaderBytes,
        FrameKind.Seal => length == Frame.SealBytes,
        _ => false,
    };
}
