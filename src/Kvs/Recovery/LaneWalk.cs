using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// One lane of the session that is recovered: its chunks in their order, as far as they join up.
/// </summary>
internal sealed class LaneWalk
{
    private readonly Dictionary<LogPlace, int> _order = [];
    private readonly Func<ulong, bool> _isSettled;

    /// <summary>Joins up the chunks of a lane, whose frames were walked before.</summary>
    /// <param name="chunks">All chunks of the lane that were found, in any order.</param>
    /// <param name="isSettled">Whether a segment is sealed or dropped: what lies in it is settled.</param>
    internal LaneWalk(IEnumerable<ChunkWalk> chunks, Func<ulong, bool> isSettled)
    {
        _isSettled = isSettled;
        ChunkWalk? before = null;
        foreach (ChunkWalk chunk in chunks.OrderBy(chunk => chunk.Header!.Value.Ordinal))
        {
            Break = before?.Break ?? CheckJoin(before, chunk);
            if (Break is not null)
            {
                return;
            }

            _order.Add(chunk.Place, Chunks.Count);
            Chunks.Add(chunk);
            before = chunk;
        }

        Break = before?.Break;
    }

    /// <summary>The chunks that join up; the last one may end in a break.</summary>
    internal List<ChunkWalk> Chunks { get; } = [];

    /// <summary>What ended the lane early, if anything did.</summary>
    internal LogBreak? Break { get; }

    /// <summary>Whether everything of the lane in front of a place was found.</summary>
    internal bool Reaches(LanePlace place) =>
        place.Chunk.IsNowhere || _isSettled(place.Chunk.Segment) ||
        (_order.TryGetValue(place.Chunk, out int index) && Chunks[index].SoundEnd >= place.End);

    /// <summary>Marks what is stamped up to an epoch as kept: a prefix, because a lane's epochs never descend.
    /// </summary>
    internal void KeepUpTo(ulong epoch)
    {
        foreach (ChunkWalk chunk in Chunks)
        {
            chunk.KeptEnd = SegmentWalk.EndOfEpoch(chunk, epoch);
            if (chunk.KeptEnd != chunk.SoundEnd)
            {
                return;
            }
        }
    }

    /// <summary>Marks everything that was found as kept.</summary>
    internal void KeepAll()
    {
        foreach (ChunkWalk chunk in Chunks)
        {
            chunk.KeptEnd = chunk.SoundEnd;
        }
    }

    private LogBreak? CheckJoin(ChunkWalk? before, ChunkWalk chunk)
    {
        ChunkHeader header = chunk.Header!.Value;
        if (header.Previous.IsNowhere ? header.Ordinal == 1 && before is null : _isSettled(header.Previous.Segment))
        {
            return null;
        }

        if (before is null || before.Place != header.Previous || before.Header!.Value.Ordinal + 1 != header.Ordinal)
        {
            return new LogBreak(chunk.Segment, chunk.Offset,
                $"the chunk before this one in its lane, at {header.Previous}, is missing");
        }

        return before.SoundEnd == header.PreviousEnd
            ? null
            : new LogBreak(before.Segment, before.SoundEnd,
                $"the records of this chunk end here, and the next chunk says that they end at {header.PreviousEnd}");
    }
}
