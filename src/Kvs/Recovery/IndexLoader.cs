using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// Verifies sealed segments to the last byte and enters their records into the index of a store that is being
/// opened. For each key the highest sequence number wins, wherever the record lies. One thread.
/// </summary>
internal sealed unsafe class IndexLoader(StoreIndex index)
{
    private readonly List<(Segment Segment, uint Offset)> _tombstones = [];

    /// <summary>The highest sequence number of all records.</summary>
    internal ulong HighestSequence { get; private set; }

    /// <summary>The highest epoch of all frames.</summary>
    internal ulong HighestEpoch { get; private set; }

    /// <summary>Verifies a sealed segment and enters its records.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="commits">Where its commit records go, if they are wanted.</param>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal void Load(Segment segment, List<CommitRecord>? commits)
    {
        List<ChunkWalk> chunks = SegmentWalk.FindChunks(segment, out uint end, out Seal? seal, out LogBreak? broken);
        if (broken is not null)
        {
            throw broken.ToDamage();
        }

        // Behind the seal there may be room that was never given back, and nothing reads it.
        if (seal is null)
        {
            throw segment.Damage(end, "the segment was complete, but its seal is not there");
        }

        foreach (ChunkWalk chunk in chunks)
        {
            SegmentWalk.WalkFrames(chunk, offset => Enter(segment, offset, commits), visitHole: null);
            if (chunk.Break is not null)
            {
                throw chunk.Break.ToDamage();
            }

            if (chunk.Header is not null && SegmentWalk.FindNonZero(segment, chunk.SoundEnd, chunk.End) is { } stray)
            {
                throw segment.Damage(stray, "there is something behind the last record of a chunk");
            }
        }

        // Counting believes the lengths of frames, so it comes after they were verified.
        if (SegmentSealer.Count(segment, out _) != seal)
        {
            throw segment.Damage(end, "the segment does not hold what its seal says; a part of it is missing");
        }

        HighestEpoch = Math.Max(HighestEpoch, seal.Value.HighestEpoch);
        HighestSequence = Math.Max(HighestSequence, seal.Value.HighestSequence);
        segment.IsFull = true;
        segment.IsSealed = true;
    }

    /// <summary>Takes the tombstones out of the index again, once everything is in it.</summary>
    internal void DropTombstones()
    {
        foreach ((Segment segment, uint offset) in _tombstones)
        {
            ReadOnlySpan<byte> key = Frame.Key(segment.Start + offset);
            Partition partition = index.Locate(key, out ulong fraction);
            ulong* slot = partition.FindSlot(key, fraction, out FoundRecord found);
            if (slot != null && Frame.Kind(found.Frame) == FrameKind.Remove)
            {
                partition.Unpublish(slot);
            }
        }

        _tombstones.Clear();
    }

    private void Enter(Segment segment, uint offset, List<CommitRecord>? commits)
    {
        byte* frame = segment.Start + offset;
        uint length = Frame.LengthOf(Frame.ReadWord(frame));
        switch (Frame.Kind(frame))
        {
            case FrameKind.Commit:
                commits?.Add(CommitRecord.Read(frame, length)!);
                break;
            case FrameKind.Remove:
                _tombstones.Add((segment, offset));
                EnterRecord(segment, offset, length);
                break;
            case FrameKind.Put:
                EnterRecord(segment, offset, length);
                break;
        }
    }

    private void EnterRecord(Segment segment, uint offset, uint length)
    {
        byte* frame = segment.Start + offset;
        segment.AddAppended(length);
        ReadOnlySpan<byte> key = Frame.Key(frame);
        Partition partition = index.Locate(key, out ulong fraction);
        ulong* slot = partition.FindSlot(key, fraction, out FoundRecord found);
        if (slot == null)
        {
            slot = partition.MakeSlot(fraction);
        }
        else if (Frame.Sequence(found.Frame) > Frame.Sequence(frame))
        {
            segment.AddDead(lane: 0, length);
            return;
        }
        else
        {
            found.Segment.AddDead(lane: 0, found.Length);
        }

        partition.Publish(slot, fraction, SegmentTable.PositionOf(segment, offset));
    }
}
