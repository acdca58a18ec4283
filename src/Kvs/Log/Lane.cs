using System.Runtime.InteropServices;
using Kvs.Concurrency;

namespace Kvs.Log;

/// <summary>Room for one frame, taken in a lane.</summary>
/// <param name="Segment">Where it is.</param>
/// <param name="Offset">At which offset.</param>
/// <param name="Epoch">The epoch that the frame is to be stamped with.</param>
internal readonly unsafe record struct Room(Segment Segment, uint Offset, ulong Epoch)
{
    internal byte* Frame => Segment.Start + Offset;
}

/// <summary>
/// A tail of the log. Writers do not share one: each processor has its lane, with a chunk of its own, because a
/// cache line that two processors write costs more than the whole copy of a record.
/// </summary>
/// <remarks>
/// Thread-safe: everything is guarded by the lane's lock, which is held for a few stores only; the copy of the record
/// happens outside it. Invariants:
/// (1) before the lock is released, the length of the room that was taken is in the log, so the chain of lengths in
///     a chunk is complete at any moment, whoever dies;
/// (2) the epoch is read under the lock, so the epochs of a lane's frames never descend, and what was stamped up to
///     an epoch is a prefix of the lane.
/// </remarks>
/// <param name="gate">Whose epochs stamp the frames.</param>
/// <param name="source">What the lane's chunks are cut from.</param>
/// <param name="number">The number that its chunks bear.</param>
/// <param name="isExact">Whether each frame gets a chunk of its own length.</param>
/// <param name="isFirst">Whether the lane gets its chunks also while writes are held back.</param>
internal sealed unsafe class Lane(EpochGate gate, LogTail source, uint number, bool isExact = false,
    bool isFirst = false)
{
    /// <summary>The usual chunk of a segment of full size: rare enough to cut, small enough to waste.</summary>
    internal const uint MostChunkBytes = 64 * 1024;

    /// <summary>The usual chunk of a very small segment.</summary>
    internal const uint LeastChunkBytes = 4 * 1024;

    /// <summary>The number of the lane that holds the commit records, and nothing else.</summary>
    internal const uint CommitNumber = uint.MaxValue;

    private Tail _tail = new();

    /// <summary>Whether anything was written here after an epoch.</summary>
    internal bool HasWritesAfter(ulong epoch) => Volatile.Read(ref _tail.Epoch) > epoch;

    /// <summary>Bytes of records in the present chunk, which its segment does not count yet.</summary>
    internal long OpenRecordBytes
    {
        get
        {
            // In this order: never less than nothing, when a chunk is closed meanwhile.
            long before = Volatile.Read(ref _tail.RecordBytesBefore);
            return Volatile.Read(ref _tail.RecordBytes) - before;
        }
    }

    /// <summary>Bytes of all records that were written here.</summary>
    internal long RecordBytes => Volatile.Read(ref _tail.RecordBytes);

    /// <summary>Takes room in the lane's chunk, or in a new one. False when no segment is ready for a new chunk.
    /// </summary>
    internal bool TryTake(uint length, bool isRecord, out Room room)
    {
        _tail.Lock.Enter();
        try
        {
            if (_tail.End - _tail.Next < length && !TryOpenChunk(length))
            {
                room = default;
                return false;
            }

            room = Take(length, isRecord);
            return true;
        }
        finally
        {
            _tail.Lock.Exit();
        }
    }

    /// <summary>Takes room for the one frame of a segment that was made for it.</summary>
    internal Room TakeIn(Segment dedicated, uint length, Action<Segment> begun)
    {
        _tail.Lock.Enter();
        try
        {
            // Its chunk counts as open before it counts as full or begun: a full segment without open chunks is one
            // that the syncing thread need not look at any more, and that may be sealed.
            var cut = Cut.At(dedicated, SegmentHeader.Bytes, Frame.ChunkHeaderBytes + length);
            dedicated.IsFull = true;
            begun(dedicated);
            OpenChunk(cut);
            return Take(length, isRecord: true);
        }
        finally
        {
            _tail.Lock.Exit();
        }
    }

    /// <summary>Where the frames that were stamped up to <paramref name="epoch"/> end. The next epoch has begun, and
    /// none later.</summary>
    internal LanePlace PlaceAfter(ulong epoch)
    {
        _tail.Lock.Enter();
        try
        {
            return _tail.Epoch > epoch ? _tail.EpochStart : Place();
        }
        finally
        {
            _tail.Lock.Exit();
        }
    }

    /// <summary>Gives up the chunk; the lane goes on in a new one, if at all.</summary>
    /// <param name="segment">Only where the chunk lies in this one; null for anywhere.</param>
    internal void Close(Segment? segment = null)
    {
        _tail.Lock.Enter();
        try
        {
            if (segment is null || _tail.Segment == segment)
            {
                GiveUpChunk();
            }
        }
        finally
        {
            _tail.Lock.Exit();
        }
    }

    private LanePlace Place() =>
        _tail.Segment is null ? _tail.ClosedAt : new LanePlace(new LogPlace(_tail.Segment.Id, _tail.Chunk), _tail.Next);

    private Room Take(uint length, bool isRecord)
    {
        ulong epoch = gate.Current;
        if (epoch != _tail.Epoch)
        {
            _tail.EpochStart = Place();
            Volatile.Write(ref _tail.Epoch, epoch);
            _tail.Segment!.NoteEpoch(epoch);
        }

        var room = new Room(_tail.Segment!, _tail.Next, epoch);
        Frame.Begin(room.Frame, length);
        _tail.Next += length;
        _tail.RecordBytes += isRecord ? length : 0;
        if (isExact)
        {
            // Nothing more fits. Its segment is complete once the frame's epoch is durable, as with any chunk.
            GiveUpChunk();
        }

        return room;
    }

    private bool TryOpenChunk(uint length)
    {
        if (!source.TryCut(Frame.ChunkHeaderBytes + length, isExact, isFirst, out Cut cut))
        {
            return false;
        }

        OpenChunk(cut);
        return true;
    }

    private void OpenChunk(Cut cut)
    {
        LanePlace before = Place();
        CloseChunk();
        ulong epoch = gate.Current;
        cut.Segment.NoteEpoch(epoch);
        new ChunkHeader(number, ++_tail.Ordinal, before.Chunk, before.End)
            .Write(cut.Segment.Start + cut.Offset, cut.Length, epoch, cut.Segment.Salt, cut.Offset);

        _tail.Segment = cut.Segment;
        _tail.Chunk = cut.Offset;
        _tail.Next = cut.Offset + Frame.ChunkHeaderBytes;
        _tail.End = cut.Offset + cut.Length;
    }

    private void GiveUpChunk()
    {
        CloseChunk();
        _tail.End = _tail.Next;
    }

    private void CloseChunk()
    {
        _tail.Segment?.CloseChunk(_tail.RecordBytes - _tail.RecordBytesBefore);
        _tail.RecordBytesBefore = _tail.RecordBytes;
        _tail.ClosedAt = Place();
        _tail.Segment = null;
    }

    /// <summary>The lock and what it guards, away from the neighbours' cache lines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Tail()
    {
        [FieldOffset(128)]
        internal InlineLock Lock = new();

        [FieldOffset(144)]
        internal Segment? Segment;

        /// <summary>Where the present chunk begins.</summary>
        [FieldOffset(152)]
        internal uint Chunk;

        /// <summary>Where the next frame begins.</summary>
        [FieldOffset(156)]
        internal uint Next;

        /// <summary>Where the chunk ends.</summary>
        [FieldOffset(160)]
        internal uint End;

        /// <summary>The epoch of the last room taken.</summary>
        [FieldOffset(168)]
        internal ulong Epoch;

        /// <summary>Bytes of all records that were written here.</summary>
        [FieldOffset(176)]
        internal long RecordBytes;

        [FieldOffset(184)]
        internal ulong Ordinal;

        /// <summary>Where the lane stood when the first room of the present epoch was taken.</summary>
        [FieldOffset(192)]
        internal LanePlace EpochStart;

        /// <summary>Where the lane stood when it gave up its last chunk.</summary>
        [FieldOffset(216)]
        internal LanePlace ClosedAt;

        /// <summary>Of the bytes of records, those in chunks before the present one.</summary>
        [FieldOffset(240)]
        internal long RecordBytesBefore;
    }
}
