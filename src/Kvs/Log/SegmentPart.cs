namespace Kvs.Log;

/// <summary>What of a chunk is stamped up to an epoch.</summary>
/// <param name="Offset">Where the chunk begins.</param>
/// <param name="KeptEnd">Where that ends.</param>
internal readonly record struct ChunkPart(uint Offset, uint KeptEnd);

/// <summary>What of a segment is stamped up to an epoch that is durable. None of its bytes changes any more, whatever
/// is written behind them. Holds the segment's mapping until it is disposed.</summary>
internal sealed unsafe class SegmentPart : IDisposable
{
    private readonly SegmentShare _share;
    private readonly List<ChunkPart> _chunks;
    private readonly List<uint> _holes;

    private SegmentPart(Segment segment, bool isSealed, uint end, List<ChunkPart> chunks, List<uint> holes)
    {
        Segment = segment;
        IsSealed = isSealed;
        End = end;
        _chunks = chunks;
        _holes = holes;
        _share = new SegmentShare(segment);
    }

    internal Segment Segment { get; }

    /// <summary>Whether it is all of a segment that has its seal.</summary>
    internal bool IsSealed { get; }

    /// <summary>Where the last of its chunks ends; of a sealed one, where the seal does.</summary>
    internal uint End { get; }

    /// <summary>Its chunks, one behind the other; none of a sealed one.</summary>
    internal IReadOnlyList<ChunkPart> Chunks => _chunks;

    /// <summary>Where room begins, in those chunks or in place of one, that was taken and never filled.</summary>
    internal IReadOnlyList<uint> Holes => _holes;

    /// <summary>Takes hold of what is stamped up to an epoch; null when nothing is. Nobody seals, cuts or removes the
    /// segment meanwhile; others may write to it.</summary>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal static SegmentPart? TryTake(Segment segment, ulong epoch)
    {
        if (segment.Seal is not null)
        {
            return new SegmentPart(segment, isSealed: true, segment.SealedEnd, [], []);
        }

        SegmentChain chain = SegmentWalk.FindChunks(segment);
        if (chain.Break is not null)
        {
            throw chain.Break.ToDamage();
        }

        List<ChunkPart> chunks = [];
        List<uint> holes = [];
        int kept = 0;
        uint end = 0;
        foreach (ChunkWalk chunk in chain.Chunks)
        {
            uint keptEnd = TakeFrames(chunk, epoch, holes);
            chunks.Add(new ChunkPart(chunk.Offset, keptEnd));
            if (keptEnd > chunk.Offset + Frame.ChunkHeaderBytes)
            {
                kept = chunks.Count;
                end = chunk.End;
            }
        }

        // A chunk of which nothing is kept stays only where another stands behind it.
        chunks.RemoveRange(kept, chunks.Count - kept);
        holes.RemoveAll(hole => hole >= end);
        return kept == 0 ? null : new SegmentPart(segment, isSealed: false, end, chunks, holes);
    }

    public void Dispose() => _share.Dispose();

    /// <summary>Where the frames of a chunk end that are stamped up to an epoch: a prefix, because a lane's epochs
    /// never descend. Everything of that epoch is complete, so that a hole is later, or, when something of the epoch
    /// stands behind it, will never be filled.</summary>
    private static uint TakeFrames(ChunkWalk chunk, ulong epoch, List<uint> holes)
    {
        if (chunk.Header is null)
        {
            holes.Add(chunk.Offset);
            return chunk.Offset + sizeof(ulong);
        }

        List<uint> passed = [];
        uint at = chunk.Offset + Frame.ChunkHeaderBytes;
        uint keptEnd = at;
        while (chunk.End - at >= Frame.CommonBytes)
        {
            byte* frame = chunk.Segment.Start + at;
            ulong word = Frame.ReadWord(frame);
            uint length = Frame.LengthOf(word);
            if (word == 0 || (Frame.IsComplete(word) && Frame.Epoch(frame) > epoch))
            {
                break;
            }

            bool isFrame = Frame.IsComplete(word) || Frame.IsHole(word);
            if (!isFrame || length < Frame.CommonBytes || length > chunk.End - at)
            {
                throw chunk.Segment.Damage(at, "there is something other than a frame");
            }

            if (Frame.IsHole(word))
            {
                passed.Add(at);
            }
            else
            {
                holes.AddRange(passed);
                passed.Clear();
                keptEnd = at + length;
            }

            at += length;
        }

        return keptEnd;
    }
}
