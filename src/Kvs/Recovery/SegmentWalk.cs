using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// Walks the frames of one segment without believing any of them: everything is checked against its bounds and its
/// checksum before it is used.
/// </summary>
internal static unsafe class SegmentWalk
{
    /// <summary>
    /// The chunks of a segment, in order, up to the end of the chain, a seal, or something that is neither.
    /// </summary>
    /// <param name="segment">The segment.</param>
    /// <param name="end">Where the chain ends.</param>
    /// <param name="seal">The seal that ends it, if one does.</param>
    /// <param name="chainBreak">What ends it, if it is neither a seal nor nothing.</param>
    internal static List<ChunkWalk> FindChunks(Segment segment, out uint end, out Seal? seal, out LogBreak? chainBreak)
    {
        var chunks = new List<ChunkWalk>();
        end = SegmentHeader.Bytes;
        seal = null;
        chainBreak = null;
        while (end + Frame.SealBytes <= segment.Length)
        {
            byte* frame = segment.Start + end;
            ulong word = Frame.ReadWord(frame);
            uint length = Frame.LengthOf(word);
            if (word == 0)
            {
                break;
            }

            string? wrong = CheckFrame(segment, end, segment.Length, word);
            if (wrong is null && Frame.IsComplete(word) && Frame.Kind(frame) == FrameKind.Seal)
            {
                seal = Seal.Read(frame);
                break;
            }

            if (end + Frame.SealBytes == segment.Length)
            {
                // The one place where only a seal can be; its writer was stopped in the middle.
                break;
            }

            if (wrong is null && (length < Frame.ChunkHeaderBytes || length > segment.Length - Frame.SealBytes - end))
            {
                wrong = $"a chunk has the impossible length {length}";
            }

            FrameKind kind = Frame.IsComplete(word) ? Frame.Kind(frame) : FrameKind.Padding;
            if (wrong is null && kind is not (FrameKind.Chunk or FrameKind.Padding))
            {
                wrong = "there is something other than a chunk";
            }

            if (wrong is not null)
            {
                chainBreak = new LogBreak(segment, end, wrong);
                break;
            }

            ChunkHeader? header = kind == FrameKind.Chunk ? ChunkHeader.Read(frame) : null;
            chunks.Add(new ChunkWalk(segment, end, length, header));
            end += length;
        }

        return chunks;
    }

    /// <summary>
    /// Walks the frames of a chunk: sets where the sound ones end, and what ended them.
    /// </summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="visit">Called with the offset of each sound frame.</param>
    /// <param name="visitHole">Called with the offset of each hole; null where a hole ends the walk.</param>
    internal static void WalkFrames(ChunkWalk chunk, Action<uint>? visit, Action<uint>? visitHole)
    {
        Segment segment = chunk.Segment;
        uint at = chunk.SoundEnd;
        while (chunk.Header is not null && at < chunk.End)
        {
            ulong word = Frame.ReadWord(segment.Start + at);
            if (word == 0)
            {
                break;
            }

            string? wrong = CheckFrame(segment, at, chunk.End, word) ?? CheckKind(segment.Start + at, word);
            bool isHole = wrong is null && Frame.IsHole(word);
            if (isHole && visitHole is null)
            {
                wrong = "room was taken here and never filled";
            }

            if (wrong is not null)
            {
                chunk.Break = new LogBreak(segment, at, wrong);
                break;
            }

            (isHole ? visitHole : visit)?.Invoke(at);
            at += Frame.LengthOf(word);
            chunk.SoundEnd = at;
        }
    }

    /// <summary>
    /// Verifies a complete segment to the last byte, and calls <paramref name="visit"/> with the offset of each put and
    /// remove in it.
    /// </summary>
    /// <exception cref="KvsDamageException">Something in it is not as it was written; some records may have been
    /// visited.</exception>
    internal static void VerifyWhole(Segment segment, Action<uint> visit)
    {
        List<ChunkWalk> chunks = FindChunks(segment, out _, out Seal? seal, out LogBreak? broken);
        ulong records = 0;
        foreach (ChunkWalk chunk in chunks)
        {
            WalkFrames(chunk, offset => records += Visit(segment, offset, visit), visitHole: null);
            broken ??= chunk.Break;
            if (broken is null && chunk.Header is not null &&
                FindNonZero(segment, chunk.SoundEnd, chunk.End) is { } stray)
            {
                broken = new LogBreak(segment, stray, "there is something behind the last record of a chunk");
            }
        }

        if (broken is null && seal is { } end && end.Records != records)
        {
            broken = new LogBreak(segment, 0, $"the segment holds {records} records, and its seal says {end.Records}");
        }

        if (broken is not null)
        {
            throw broken.ToDamage();
        }
    }

    /// <summary>Calls <paramref name="visit"/> with the offset of each put and remove in a segment that may be written
    /// meanwhile. Those that are not complete are left out.</summary>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal static void VisitRecords(Segment segment, Action<uint> visit)
    {
        foreach (ChunkWalk chunk in FindChunks(segment, out _, out _, out LogBreak? broken))
        {
            WalkFrames(chunk, offset => Visit(segment, offset, visit), visitHole: _ => { });
            broken ??= chunk.Break;
            if (broken is not null)
            {
                throw broken.ToDamage();
            }
        }
    }

    private static uint Visit(Segment segment, uint offset, Action<uint> visit)
    {
        if (Frame.Kind(segment.Start + offset) is not (FrameKind.Put or FrameKind.Remove))
        {
            return 0;
        }

        visit(offset);
        return 1;
    }

    /// <summary>Where the frames of a chunk that are stamped up to an epoch end.</summary>
    internal static uint EndOfEpoch(ChunkWalk chunk, ulong epoch)
    {
        uint at = chunk.Offset + Frame.ChunkHeaderBytes;
        while (at < chunk.SoundEnd)
        {
            byte* frame = chunk.Segment.Start + at;
            if (Frame.Epoch(frame) > epoch)
            {
                break;
            }

            at += Frame.LengthOf(Frame.ReadWord(frame));
        }

        return at;
    }

    /// <summary>The first byte that is not zero; null when all are.</summary>
    internal static uint? FindNonZero(Segment segment, uint from, uint to)
    {
        int found = new ReadOnlySpan<byte>(segment.Start + from, (int)(to - from)).IndexOfAnyExcept((byte)0);
        return found < 0 ? null : from + (uint)found;
    }

    /// <summary>The search looks at commit records of up to 254 lanes. Without a bound, a user's bytes that look like
    /// long ones could make it sum up the same bytes again and again.</summary>
    private const uint MaxCommitBytes = 4 * 1024;

    /// <summary>
    /// All commit records in a segment, wherever they lie. They serve as evidence only: one that says that an epoch
    /// is on disk proves damage where that epoch cannot be found. Nothing is read from the log because of them, and
    /// no bytes of a user can pass for one: a checksum begins from the store's secret and the place.
    /// </summary>
    internal static List<CommitRecord> SearchCommits(Segment segment)
    {
        var found = new List<CommitRecord>();
        for (uint at = SegmentHeader.Bytes; at + Frame.CommitHeaderBytes <= segment.Length; at += Frame.Alignment)
        {
            byte* frame = segment.Start + at;
            ulong word = Frame.ReadWord(frame);
            if (Frame.IsComplete(word) && Frame.LengthOf(word) <= segment.Length - at &&
                Frame.LengthOf(word) is >= Frame.CommitHeaderBytes and <= MaxCommitBytes &&
                Frame.Kind(frame) == FrameKind.Commit &&
                CheckFrame(segment, at, segment.Length, word) is null &&
                CommitRecord.Read(frame, Frame.LengthOf(word)) is { } commit)
            {
                found.Add(commit);
            }
        }

        return found;
    }

    /// <summary>What is wrong with a frame that begins at an offset and must end by <paramref name="end"/>.</summary>
    private static string? CheckFrame(Segment segment, uint offset, uint end, ulong word)
    {
        uint length = Frame.LengthOf(word);
        if (length < Frame.CommonBytes || length > end - offset)
        {
            return $"a frame has the impossible length {length}";
        }

        if (Frame.IsHole(word))
        {
            return null;
        }

        byte* frame = segment.Start + offset;
        return Frame.IsSound(frame, word, Frame.CheckedBytes(frame, length), segment.Salt, offset)
            ? null
            : "the checksum of the frame does not match";
    }

    private static string? CheckKind(byte* frame, ulong word)
    {
        uint length = Frame.LengthOf(word);
        return Frame.IsHole(word) ? null : Frame.Kind(frame) switch
        {
            FrameKind.Padding => null,
            FrameKind.Put or FrameKind.Remove =>
                Frame.HasConsistentLengths(frame, length) ? null : "the lengths in the record contradict each other",
            FrameKind.Commit =>
                CommitRecord.Read(frame, length) is null ? "the lengths in the commit record contradict" : null,
            _ => $"the frame has a kind that has no meaning here: {Frame.Kind(frame)}",
        };
    }
}
