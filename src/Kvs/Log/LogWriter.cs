using System.Collections.Concurrent;
using Kvs.Epochs;

namespace Kvs.Log;

/// <summary>
/// The end of the log at which a store writes: a lane for each processor, one for large records, one for commit
/// records, and the segment that they cut their chunks from.
/// </summary>
/// <remarks>
/// Thread-safe. The lock here guards the present segment and its tail; it is taken once a chunk, inside a lane's
/// lock. Invariant: before it is released, the length of the chunk that was cut is in the log, so that the chain of
/// chunks is complete at any moment.
/// </remarks>
internal sealed unsafe class LogWriter
{
    /// <summary>Records from this length on get a chunk of their own: an eighth of a chunk, which bounds what is
    /// wasted at the end of one.</summary>
    private const uint LargeRecordBytes = Lane.MostChunkBytes / 8;

    /// <summary>Records above this part of a segment get a segment of their own.</summary>
    private const uint DedicatedFraction = 4;

    private readonly SegmentSupply _supply;
    private readonly Action _segmentFilled;
    private readonly Lane[] _lanes;
    private readonly Lane _commitLane;
    private readonly Lock _cutLock = new();
    private readonly ConcurrentQueue<Segment> _begun = new();
    private uint _dedicatedBytes;
    private Segment? _current;
    private uint _tail;
    private uint _populated;

    /// <summary>Makes a writer.</summary>
    /// <param name="gate">Whose epochs stamp the frames.</param>
    /// <param name="supply">Where segments come from.</param>
    /// <param name="lanes">How many lanes there are, the one for large records included: at least 2.</param>
    /// <param name="firstSegmentBytes">The least that a segment has.</param>
    /// <param name="segmentFilled">Called when a segment is full, under locks; must only set a signal.</param>
    internal LogWriter(EpochGate gate, SegmentSupply supply, int lanes, uint firstSegmentBytes, Action segmentFilled)
    {
        Gate = gate;
        _supply = supply;
        _segmentFilled = segmentFilled;
        _dedicatedBytes = firstSegmentBytes / DedicatedFraction;
        _lanes = [.. Enumerable.Range(0, lanes).Select(n => new Lane(this, (uint)n, isExact: n == lanes - 1))];
        _commitLane = new Lane(this, Lane.CommitNumber, isExact: false);
    }

    /// <summary>A chunk that was cut from a segment; its length is in the log.</summary>
    internal readonly record struct Cut(Segment Segment, uint Offset, uint Length);

    internal EpochGate Gate { get; }

    internal int LaneCount => _lanes.Length;

    /// <summary>The lane of the processor that the calling thread is on now.</summary>
    internal int PresentLane => (int)((uint)Thread.GetCurrentProcessorId() % (uint)(_lanes.Length - 1));

    /// <summary>Bytes of records in chunks that are not full, which their segments do not count yet.</summary>
    internal long OpenRecordBytes => _lanes.Sum(lane => lane.OpenRecordBytes);

    /// <summary>Whether a record must have a segment of its own, made before.</summary>
    internal bool NeedsDedicated(uint length) => length > Volatile.Read(ref _dedicatedBytes);

    /// <summary>Takes room for a record. False when a new segment is needed and none is ready.</summary>
    /// <param name="lane">The lane of the writer.</param>
    /// <param name="length">The record's length.</param>
    /// <param name="dedicated">The segment that was made for it, if there is one.</param>
    /// <param name="room">The room.</param>
    internal bool TryTake(int lane, uint length, Segment? dedicated, out Room room)
    {
        if (dedicated is not null)
        {
            room = _lanes[^1].TakeIn(dedicated, length);
            return true;
        }

        Lane taker = length >= LargeRecordBytes ? _lanes[^1] : _lanes[lane];
        return taker.TryTake(length, isRecord: true, out room);
    }

    /// <summary>Takes room for a commit record. False when a new segment is needed and none is ready.</summary>
    internal bool TryTakeCommit(out Room room) =>
        _commitLane.TryTake((uint)Frame.CommitBytes(_lanes.Length), isRecord: false, out room);

    /// <summary>Whether any record was written after an epoch.</summary>
    internal bool HasWritesAfter(ulong epoch) => Array.Exists(_lanes, lane => lane.HasWritesAfter(epoch));

    /// <summary>Where each lane's frames up to an epoch end. The next epoch has begun, and none later.</summary>
    internal LanePlace[] PlacesAfter(ulong epoch) => Array.ConvertAll(_lanes, lane => lane.PlaceAfter(epoch));

    /// <summary>A segment that was begun since the last call; null when there is none.</summary>
    internal Segment? NextBegun() => _begun.TryDequeue(out Segment? begun) ? begun : null;

    /// <summary>Gives up all chunks and the present segment. Only when no writer is left.</summary>
    internal void Close()
    {
        foreach (Lane lane in _lanes)
        {
            lane.Close();
        }

        _commitLane.Close();
        lock (_cutLock)
        {
            if (_current is not null)
            {
                _current.IsFull = true;
                _current = null;
            }
        }
    }

    /// <summary>Cuts a chunk from the present segment, or from the next one. False when none is ready.</summary>
    /// <param name="least">The least length.</param>
    /// <param name="isExact">Whether it is to be as long as that, rather than the usual length.</param>
    /// <param name="cut">The chunk.</param>
    internal bool TryCut(uint least, bool isExact, out Cut cut)
    {
        lock (_cutLock)
        {
            uint left = _current is null ? 0 : _current.Length - Frame.SealBytes - _tail;
            if (left < least)
            {
                Segment? next = _supply.TryTakeReady();
                if (next is null)
                {
                    cut = default;
                    return false;
                }

                Begin(next);
                left = next.Length - Frame.SealBytes - _tail;
            }

            uint length = isExact ? least : Math.Min(left, Math.Max(least, _current!.Header.ChunkBytes));
            cut = CutAt(_current!, _tail, length);
            _tail += length;
            PopulateAhead(_current!);
            return true;
        }
    }

    /// <summary>Cuts the one chunk of a segment that was made for one record.</summary>
    internal Cut CutWhole(Segment dedicated, uint recordLength)
    {
        // Its chunk counts as open before it counts as full or begun: a full segment without open chunks is one that
        // the syncing thread need not look at any more, and that may be sealed.
        Cut cut = CutAt(dedicated, SegmentHeader.Bytes, Frame.ChunkHeaderBytes + recordLength);
        dedicated.IsFull = true;
        _begun.Enqueue(dedicated);
        return cut;
    }

    private static Cut CutAt(Segment segment, uint offset, uint length)
    {
        Frame.Begin(segment.Start + offset, length);
        segment.OpenChunk();
        return new Cut(segment, offset, length);
    }

    /// <summary>Asks for the next part to be populated when half of the last one is used.</summary>
    private void PopulateAhead(Segment segment)
    {
        const uint Step = SegmentSupply.PopulatedAheadBytes / 2;
        while (_populated < segment.Length && _populated < _tail + Step)
        {
            uint length = Math.Min(Step, segment.Length - _populated);
            _supply.Populate(segment, _populated, length);
            _populated += length;
        }
    }

    private void Begin(Segment next)
    {
        if (_current is not null)
        {
            _current.IsFull = true;
            _segmentFilled();
        }

        _current = next;
        _tail = SegmentHeader.Bytes;
        _populated = SegmentSupply.PopulatedAheadBytes;
        Volatile.Write(ref _dedicatedBytes, next.Length / DedicatedFraction);
        _begun.Enqueue(next);
    }
}
