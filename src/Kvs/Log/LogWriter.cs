using System.Collections.Concurrent;

namespace Kvs.Log;

/// <summary>
/// The end of the log at which a store writes: a lane for each processor, one for large records, one for what
/// compaction copies, and one for commit records.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed unsafe class LogWriter
{
    /// <summary>Records from this length on get a chunk of their own: an eighth of a chunk, which bounds what is
    /// wasted at the end of one.</summary>
    private const uint LargeRecordBytes = Lane.MostChunkBytes / 8;

    /// <summary>Records above this part of a segment get a segment of their own.</summary>
    private const uint DedicatedFraction = 4;

    private readonly Lane[] _lanes;
    private readonly Lane _large;
    private readonly Lane _copies;
    private readonly Lane _commits;
    private readonly LogTail[] _tails;
    private readonly ConcurrentQueue<Segment> _begun = new();
    private uint _dedicatedBytes;

    /// <summary>Makes a writer.</summary>
    /// <param name="gate">Whose epochs stamp the frames.</param>
    /// <param name="supply">Where segments come from.</param>
    /// <param name="lanes">How many lanes there are for writes, the one for large records included: at least 2.</param>
    /// <param name="firstSegmentBytes">The least that a segment has.</param>
    /// <param name="segmentFilled">Called when a segment is full, under locks; must only set a signal.</param>
    internal LogWriter(EpochGate gate, SegmentSupply supply, int lanes, uint firstSegmentBytes, Action segmentFilled)
    {
        _dedicatedBytes = firstSegmentBytes / DedicatedFraction;
        var tail = new LogTail(supply, Begin, segmentFilled);
        var copiesTail = new LogTail(supply, Begin, segmentFilled);
        _tails = [tail, copiesTail];
        _lanes = [.. Enumerable.Range(0, lanes).Select(n => new Lane(gate, tail, (uint)n, isExact: n == lanes - 1))];
        _large = _lanes[^1];
        _copies = new Lane(gate, copiesTail, (uint)lanes, isFirst: true);
        _commits = new Lane(gate, tail, Lane.CommitNumber, isFirst: true);
    }

    /// <summary>The lane of the processor that the calling thread is on now.</summary>
    internal int PresentLane => (int)((uint)Thread.GetCurrentProcessorId() % (uint)(_lanes.Length - 1));

    /// <summary>Bytes of records in chunks that are not full, which their segments do not count yet.</summary>
    internal long OpenRecordBytes => _lanes.Append(_copies).Sum(lane => lane.OpenRecordBytes);

    /// <summary>Bytes of records that were appended, copies included.</summary>
    internal long WrittenBytes => _lanes.Append(_copies).Sum(lane => lane.RecordBytes);

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
            room = _large.TakeIn(dedicated, length, _begun.Enqueue);
            return true;
        }

        Lane taker = length >= LargeRecordBytes ? _large : _lanes[lane];
        return taker.TryTake(length, isRecord: true, out room);
    }

    /// <summary>The same for a record that compaction copies.</summary>
    internal bool TryTakeCopy(uint length, out Room room) => _copies.TryTake(length, isRecord: true, out room);

    /// <summary>Takes room for a commit record. False when a new segment is needed and none is ready.</summary>
    internal bool TryTakeCommit(int places, out Room room) =>
        _commits.TryTake((uint)Frame.CommitBytes(places), isRecord: false, out room);

    /// <summary>Whether any record was written after an epoch.</summary>
    internal bool HasWritesAfter(ulong epoch) =>
        Array.Exists(_lanes, lane => lane.HasWritesAfter(epoch)) || _copies.HasWritesAfter(epoch);

    /// <summary>Where each lane's frames up to an epoch end, the one for copies last, and left out where nothing was
    /// copied yet. The next epoch has begun, and none later.</summary>
    internal LanePlace[] PlacesAfter(ulong epoch)
    {
        LanePlace[] places = Array.ConvertAll(_lanes, lane => lane.PlaceAfter(epoch));
        LanePlace copies = _copies.PlaceAfter(epoch);
        return copies == default ? places : [.. places, copies];
    }

    /// <summary>A segment that was begun since the last call; null when there is none.</summary>
    internal Segment? NextBegun() => _begun.TryDequeue(out Segment? begun) ? begun : null;

    /// <summary>Gives up all chunks and the present segments, which are full then. Writers go on in others.</summary>
    internal void Roll()
    {
        // The segments first: a chunk that is opened meanwhile lies in the next one.
        Array.ForEach(_tails, tail => tail.Close());
        CloseChunks(segment: null);
    }

    /// <summary>Gives up the chunks in a segment that is full, so that it does not wait for lanes that rest.</summary>
    internal void CloseChunksIn(Segment segment) => CloseChunks(segment);

    private void CloseChunks(Segment? segment)
    {
        foreach (Lane lane in (Lane[])[.. _lanes, _copies, _commits])
        {
            lane.Close(segment);
        }
    }

    private void Begin(Segment next)
    {
        Volatile.Write(ref _dedicatedBytes, next.Length / DedicatedFraction);
        _begun.Enqueue(next);
    }
}
