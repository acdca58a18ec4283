using Kvs.Index;
using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// Finds the tombstones that may go: those for whose key the log holds a later record, or no earlier one. Any other
/// must stay, or the earlier record would count again when the store is opened next.
/// </summary>
/// <remarks>
/// One thread, the same as compaction's, so that no copy is made meanwhile. A tombstone that may go may do so for ever:
/// an earlier record of its key can only come from a copy of one, and only records that are live are copied. What may
/// go counts as dead bytes of its segment. What made a tombstone unnecessary may not be durable yet: whoever drops the
/// segment waits for that.
/// </remarks>
internal sealed unsafe class TombstoneCensus(StoreIndex index)
{
    /// <summary>So many tombstones are looked at in one go, which bounds the memory that it takes.</summary>
    private const int MaxTombstones = 1 << 20;

    private readonly Dictionary<Segment, HashSet<uint>> _mayGo = [];
    private readonly Dictionary<ulong, List<Tombstone>> _byHash = [];

    /// <summary>Whether a tombstone was found to be unnecessary.</summary>
    internal bool MayGo(Segment segment, uint offset) =>
        _mayGo.TryGetValue(segment, out HashSet<uint>? offsets) && offsets.Contains(offset);

    /// <summary>Forgets a segment that was dropped.</summary>
    internal void Forget(Segment segment) => _mayGo.Remove(segment);

    /// <summary>Looks at the tombstones of all sealed segments. What is in a damaged one is not known: it may be what
    /// any tombstone hides.</summary>
    /// <param name="segments">All segments of the store that are not dropped.</param>
    /// <param name="onDamage">Told of a segment that is not as it was written.</param>
    internal void Take(IReadOnlyList<Segment> segments, Action<Segment, KvsDamageException> onDamage)
    {
        _byHash.Clear();
        int count = 0;
        foreach (Segment segment in segments)
        {
            if (segment.IsSealed && segment.TombstoneBytes > 0 && !segment.IsDamaged && count < MaxTombstones)
            {
                Visit(segment, offset => count += Collect(segment, offset), onDamage);
            }
        }

        foreach (Segment segment in segments)
        {
            if (!segment.IsDamaged && MayHoldEarlier(segment))
            {
                Visit(segment, offset => Compare(segment, offset), onDamage);
            }
        }

        bool isAllKnown = segments.All(segment => !segment.IsDamaged);
        foreach (Tombstone tombstone in _byHash.Values.SelectMany(tombstones => tombstones))
        {
            if (tombstone.HasLater || (isAllKnown && !tombstone.HasEarlier))
            {
                Release(tombstone);
            }
        }

        _byHash.Clear();
    }

    /// <summary>Whether there may be something in a segment that a tombstone hides. A sealed one without dead records
    /// holds live ones only, and none of those is earlier than a tombstone. One in which nothing was stamped is not the
    /// log's yet: it may go at any moment, and will hold later records only.</summary>
    private static bool MayHoldEarlier(Segment segment) => segment.IsSealed
        ? segment.DeadBytes > 0 || segment.TombstoneBytes > 0
        : segment.LastEpoch != 0;

    private static void Visit(Segment segment, Action<uint> visit, Action<Segment, KvsDamageException> onDamage)
    {
        try
        {
            SegmentWalk.VisitRecords(segment, visit);
        }
        catch (KvsDamageException e)
        {
            onDamage(segment, e);
        }
    }

    private static uint LengthAt(Segment segment, uint offset) =>
        Frame.LengthOf(Frame.ReadWord(segment.Start + offset));

    private int Collect(Segment segment, uint offset)
    {
        byte* frame = segment.Start + offset;
        if (Frame.Kind(frame) != FrameKind.Remove || MayGo(segment, offset))
        {
            return 0;
        }

        ulong hash = index.HashOf(Frame.Key(frame));
        if (!_byHash.TryGetValue(hash, out List<Tombstone>? tombstones))
        {
            _byHash.Add(hash, tombstones = new List<Tombstone>(1));
        }

        tombstones.Add(new Tombstone(segment, offset));
        return 1;
    }

    private void Compare(Segment segment, uint offset)
    {
        byte* frame = segment.Start + offset;
        if (!_byHash.TryGetValue(index.HashOf(Frame.Key(frame)), out List<Tombstone>? tombstones))
        {
            return;
        }

        ulong sequence = Frame.Sequence(frame);
        foreach (Tombstone tombstone in tombstones)
        {
            byte* other = tombstone.Segment.Start + tombstone.Offset;
            if (!Frame.Key(other).SequenceEqual(Frame.Key(frame)))
            {
                continue;
            }

            // Of two copies of one tombstone, the one that lies later in memory's order is the later one.
            bool isSame = frame == other;
            bool isTwin = !isSame && sequence == Frame.Sequence(other);
            tombstone.HasEarlier |= sequence < Frame.Sequence(other);
            tombstone.HasLater |= sequence > Frame.Sequence(other) ||
                (isTwin && (segment.Id, offset).CompareTo((tombstone.Segment.Id, tombstone.Offset)) > 0);
        }
    }

    private void Release(Tombstone tombstone)
    {
        if (!_mayGo.TryGetValue(tombstone.Segment, out HashSet<uint>? offsets))
        {
            _mayGo.Add(tombstone.Segment, offsets = []);
        }

        uint length = LengthAt(tombstone.Segment, tombstone.Offset);
        _ = offsets.Add(tombstone.Offset);
        tombstone.Segment.AddDead(lane: 0, length);
        tombstone.Segment.TombstoneBytes -= length;
    }

    private sealed class Tombstone(Segment segment, uint offset)
    {
        internal Segment Segment => segment;

        internal uint Offset => offset;

        internal bool HasEarlier { get; set; }

        internal bool HasLater { get; set; }
    }
}
