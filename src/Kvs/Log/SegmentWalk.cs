using System.Runtime.CompilerServices;

namespace Kvs.Log;

/// <summary>
/// Walks the frames of one segment without believing any of them: everything is checked against its bounds and its
/// checksum before it is used.
/// </summary>
internal static unsafe class SegmentWalk
{
    /// <summary>The chunks of a segment, in order, up to the end of the chain, footer and seal, or something that is
    /// none of these. A footer is not verified.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="knownEnd">Where the chunks end, if that is known; what stands behind is not looked at.</param>
    internal static SegmentChain FindChunks(Segment segment, uint? knownEnd = null)
    {
        var chunks = new List<ChunkWalk>();
        uint limit = knownEnd ?? segment.Length;
        uint end = SegmentHeader.Bytes;
        while (end + Frame.CommonBytes <= limit)
        {
            byte* frame = segment.Start + end;
            ulong word = Frame.ReadWord(frame);
            if (word == 0)
            {
                break;
            }

            if (IsLastHole(segment, end, limit, word))
            {
                return new SegmentChain(chunks, end, end + Frame.LengthOf(word), Seal: null, Break: null);
            }

            if (knownEnd is null && Frame.IsComplete(word) && Frame.Kind(frame) is FrameKind.Footer or FrameKind.Seal)
            {
                return FindSeal(segment, chunks, end);
            }

            if (CheckChunk(segment, end, limit - (knownEnd is null ? (uint)Frame.SealBytes : 0), word) is { } wrong)
            {
                return new SegmentChain(chunks, end, end, Seal: null, new LogBreak(segment, end, wrong));
            }

            bool hasHeader = Frame.IsComplete(word) && Frame.Kind(frame) == FrameKind.Chunk;
            uint length = Frame.LengthOf(word);
            chunks.Add(new ChunkWalk(segment, end, length, hasHeader ? ChunkHeader.Read(frame) : null));
            end += length;
        }

        return new SegmentChain(chunks, end, end, Seal: null, Break: null);
    }

    /// <summary>
    /// Whether a frame in place of a chunk is room that was taken and never filled, and nothing stands behind it:
    /// a chunk, a footer or a seal whose writer was stopped. There is nothing in it, whatever it was to become.
    /// </summary>
    private static bool IsLastHole(Segment segment, uint offset, uint limit, ulong word)
    {
        uint length = Frame.LengthOf(word);
        if (!Frame.IsHole(word) || length < Frame.CommonBytes || length > limit - offset)
        {
            return false;
        }

        uint behind = offset + length;
        return limit - behind < Frame.CommonBytes || Frame.ReadWord(segment.Start + behind) == 0;
    }

    /// <summary>Ends a chain whose last chunk is followed by a footer or a seal.</summary>
    private static SegmentChain FindSeal(Segment segment, List<ChunkWalk> chunks, uint end)
    {
        uint at = end;
        uint footerBytes = 0;
        if (Frame.Kind(segment.Start + at) == FrameKind.Footer)
        {
            footerBytes = Frame.LengthOf(Frame.ReadWord(segment.Start + at));
            if (footerBytes < Frame.FooterHeaderBytes || footerBytes > segment.Length - at)
            {
                return Broken(at, $"a footer has the impossible length {footerBytes}");
            }

            at += footerBytes;
        }

        if (segment.Length - at < Frame.CommonBytes)
        {
            return new SegmentChain(chunks, end, at, Seal: null, Break: null);
        }

        if (Seal.TryRead(segment, at) is { } seal)
        {
            return seal.FooterBytes == footerBytes
                ? new SegmentChain(chunks, end, at + Frame.SealBytes, seal, Break: null)
                : Broken(at, $"the seal says that there is a footer of {seal.FooterBytes} bytes in front of it");
        }

        ulong word = Frame.ReadWord(segment.Start + at);
        return word == 0 || IsLastHole(segment, at, segment.Length, word)
            ? new SegmentChain(chunks, end, at + Frame.LengthOf(word), Seal: null, Break: null)
            : Broken(at, "there is something other than a seal");

        SegmentChain Broken(uint offset, string what) =>
            new(chunks, end, end, Seal: null, new LogBreak(segment, offset, what));
    }

    private static string? CheckChunk(Segment segment, uint offset, uint end, ulong word)
    {
        if (CheckFrame(segment, offset, segment.Length, word) is { } wrong)
        {
            return wrong;
        }

        uint length = Frame.LengthOf(word);
        if (length < Frame.ChunkHeaderBytes || offset > end || length > end - offset)
        {
            return $"a chunk has the impossible length {length}";
        }

        return Frame.IsHole(word) || Frame.Kind(segment.Start + offset) is FrameKind.Chunk or FrameKind.Padding
            ? null
            : "there is something other than a chunk";
    }

    /// <summary>
    /// Walks the frames of a chunk: sets where the sound ones end, and what ended them.
    /// </summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="visit">Called with the offset of each sound frame, of a batch and then of the records in it.
    /// </param>
    /// <param name="visitHole">Called with the offset of each hole; null where a hole ends the walk.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

            string? wrong = CheckFrame(segment, at, chunk.End, word) ?? CheckKind(segment, at, word);
            bool isHole = wrong is null && Frame.IsHole(word);
            if (isHole && visitHole is null)
            {
                wrong = "room was taken here and never filled";
            }

            LogBreak? broken = wrong is not null ? new LogBreak(segment, at, wrong) : null;
            uint end = at + Frame.LengthOf(word);
            bool isBatch = broken is null && !isHole && Frame.Kind(segment.Start + at) == FrameKind.Batch;
            if ((broken ?? (isBatch ? CheckBatch(segment, at, end) : null)) is { } found)
            {
                chunk.Break = found;
                break;
            }

            (isHole ? visitHole : visit)?.Invoke(at);
            for (uint inner = at + Frame.BatchHeaderBytes; isBatch && inner < end;)
            {
                visit?.Invoke(inner);
                inner += Frame.LengthOf(Frame.ReadWord(segment.Start + inner));
            }

            at = end;
            chunk.SoundEnd = at;
        }
    }

    /// <summary>Walks the frames of a chunk and notes in it what recovery asks for.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="skipsHoles">Whether to go on behind holes.</param>
    internal static void Survey(ChunkWalk chunk, bool skipsHoles) =>
        WalkFrames(chunk, offset => Note(chunk, offset), skipsHoles ? chunk.Holes.Add : null);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Note(ChunkWalk chunk, uint offset)
    {
        byte* frame = chunk.Segment.Start + offset;
        chunk.HighestEpoch = Math.Max(chunk.HighestEpoch, Frame.Epoch(frame));
        if (Frame.Kind(frame) == FrameKind.Commit)
        {
            chunk.Commits.Add(CommitRecord.Read(frame, Frame.LengthOf(Frame.ReadWord(frame)))!);
        }
    }

    /// <summary>What is wrong with the records in a complete batch: they are all there, or it is not what was written.
    /// </summary>
    private static LogBreak? CheckBatch(Segment segment, uint offset, uint end)
    {
        uint count = 0;
        uint at = offset + Frame.BatchHeaderBytes;
        for (; at < end; count++)
        {
            ulong word = Frame.ReadWord(segment.Start + at);
            string? wrong = CheckFrame(segment, at, end, word);
            if (wrong is null && (Frame.IsHole(word) ||
                Frame.Kind(segment.Start + at) is not (FrameKind.Put or FrameKind.Remove)))
            {
                wrong = "there is something other than a record in a batch";
            }

            wrong ??= CheckKind(segment, at, word);
            if (wrong is not null)
            {
                return new LogBreak(segment, at, wrong);
            }

            at += Frame.LengthOf(word);
        }

        return count == Frame.BatchCount(segment.Start + offset)
            ? null
            : new LogBreak(segment, offset, $"the batch holds {count} records, and says that there are " +
                $"{Frame.BatchCount(segment.Start + offset)}");
    }

    /// <summary>
    /// Verifies a complete segment to the last byte, and calls <paramref name="visit"/> with the offset of each put and
    /// remove in it.
    /// </summary>
    /// <exception cref="KvsDamageException">Something in it is not as it was written; some records may have been
    /// visited.</exception>
    internal static void VerifyWhole(Segment segment, Action<uint> visit)
    {
        SegmentChain chain = FindChunks(segment, segment.Seal is null ? null : segment.ChunksEnd);
        LogBreak? broken = chain.Break;
        uint digest = 0;
        foreach (ChunkWalk chunk in chain.Chunks)
        {
            digest = Seal.AddToDigest(digest, Frame.ReadWord(segment.Start + chunk.Offset));
            WalkFrames(chunk, visitHole: null, visit: offset =>
            {
                digest = Seal.AddToDigest(digest, Frame.ReadWord(segment.Start + offset));
                VisitRecord(segment, offset, visit);
            });
            broken ??= chunk.Break;
            if (broken is null && chunk.Header is not null &&
                FindNonZero(segment, chunk.SoundEnd, chunk.End) is { } stray)
            {
                broken = new LogBreak(segment, stray, "there is something behind the last record of a chunk");
            }
        }

        if (broken is null && segment.Seal is { } seal && seal.Digest != digest)
        {
            broken = new LogBreak(segment, segment.ChunksEnd,
                "the segment does not hold what its seal says; a part of it is missing");
        }

        if (broken is not null)
        {
            throw broken.ToDamage();
        }
    }

    /// <summary>Calls <paramref name="visit"/> with the offset of each put and remove in a segment that may be written
    /// meanwhile. Those that are not complete, and those of batches that are not, are left out.</summary>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal static void VisitRecords(Segment segment, Action<uint> visit)
    {
        if (segment.Seal is not null)
        {
            VerifyWhole(segment, visit);
            return;
        }

        SegmentChain chain = FindChunks(segment);
        LogBreak? broken = chain.Break;
        foreach (ChunkWalk chunk in chain.Chunks)
        {
            WalkFrames(chunk, offset => VisitRecord(segment, offset, visit), visitHole: _ => { });
            broken ??= chunk.Break;
        }

        if (broken is not null)
        {
            throw broken.ToDamage();
        }
    }

    private static void VisitRecord(Segment segment, uint offset, Action<uint> visit)
    {
        if (Frame.Kind(segment.Start + offset) is FrameKind.Put or FrameKind.Remove)
        {
            visit(offset);
        }
    }

    /// <summary>Where the frames of a chunk that are stamped up to an epoch end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static string? CheckKind(Segment segment, uint offset, ulong word)
    {
        byte* frame = segment.Start + offset;
        uint length = Frame.LengthOf(word);
        return Frame.IsHole(word) ? null : Frame.Kind(frame) switch
        {
            FrameKind.Padding => null,
            FrameKind.Put or FrameKind.Remove when !Frame.HasConsistentLengths(frame, length) =>
                "the lengths in the record contradict each other",
            FrameKind.Put or FrameKind.Remove when offset >= SegmentTable.MaxSharedSegmentBytes =>
                "there is a record behind all places that the index can name",
            FrameKind.Put or FrameKind.Remove => null,
            FrameKind.Batch => length < Frame.BatchHeaderBytes ? "a batch is shorter than its header" : null,
            FrameKind.Commit =>
                CommitRecord.Read(frame, length) is null ? "the lengths in the commit record contradict" : null,
            _ => $"the frame has a kind that has no meaning here: {Frame.Kind(frame)}",
        };
    }
}
