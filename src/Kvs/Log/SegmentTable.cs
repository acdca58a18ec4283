namespace Kvs.Log;

/// <summary>
/// The segments of an open store by slot. A position, as the index holds it, names a slot and an offset in 48 bits.
/// </summary>
/// <remarks>
/// Readers take no lock. Invariants:
/// (1) a slot that a position in the index names holds its segment until no reader that saw the position is left;
/// (2) the array grows by replacement, old arrays stay valid for those who hold them.
/// </remarks>
internal sealed class SegmentTable
{
    /// <summary>Bits of a position that hold the offset, in units of 8 bytes: 64 MiB.</summary>
    internal const int OffsetBits = 23;

    /// <summary>Bits of a position in all.</summary>
    internal const int PositionBits = 48;

    /// <summary>The longest segment in which a record may begin anywhere.</summary>
    internal const int MaxSharedSegmentBytes = (1 << OffsetBits) * Frame.Alignment;

    internal const int MaxSegments = 1 << (PositionBits - OffsetBits);

    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private Segment?[] _segments = new Segment?[16];
    private int _count;

    internal static ulong PositionOf(Segment segment, uint offset) =>
        ((ulong)(uint)segment.Slot << OffsetBits) | (offset / Frame.Alignment);

    internal static uint OffsetOf(ulong position) =>
        (uint)(position & ((1UL << OffsetBits) - 1)) * Frame.Alignment;

    /// <summary>The segment that a position lies in. Only for positions read from the index inside an epoch.</summary>
    internal Segment At(ulong position) => Volatile.Read(ref _segments)[(int)(position >> OffsetBits)]!;

    /// <summary>Takes a free slot for a segment that <see cref="Put"/> will bring.</summary>
    internal int TakeSlot()
    {
        lock (_lock)
        {
            if (_free.TryPop(out int slot))
            {
                return slot;
            }

            if (_count == MaxSegments)
            {
                throw new KvsWriteException($"The store has {MaxSegments} segments, and more cannot be addressed.",
                    isFinal: false);
            }

            if (_count == _segments.Length)
            {
                var larger = new Segment?[_segments.Length * 2];
                _segments.CopyTo(larger, 0);
                Volatile.Write(ref _segments, larger);
            }

            slot = _count;
            _count = slot + 1;
            return slot;
        }
    }

    internal void Put(Segment segment)
    {
        lock (_lock)
        {
            Volatile.Write(ref _segments[segment.Slot], segment);
        }
    }

    /// <summary>Frees a slot. Only when no reader can hold a position in it any more.</summary>
    internal void Free(int slot)
    {
        lock (_lock)
        {
            _segments[slot] = null;
            _free.Push(slot);
        }
    }

    /// <summary>All segments, in no order.</summary>
    internal List<Segment> ToList()
    {
        lock (_lock)
        {
            return [.. _segments.OfType<Segment>()];
        }
    }
}
