using System.Runtime.CompilerServices;
using Kvs.Concurrency;
using Kvs.Epochs;
using Kvs.Log;

namespace Kvs.Index;

/// <summary>
/// A part of the keys, by hash: a table, the lock of those who change it, and the counter that numbers its writes.
/// </summary>
/// <remarks>
/// Readers (<see cref="TryFind"/>, <see cref="ScanHome"/>) take no lock; they must be inside an epoch, which keeps
/// the table and the segments that they look at. Everything else is called between <see cref="EnterWriter"/> and
/// <see cref="ExitWriter"/>. What writers change for each write lies on cache lines of its own, so that they do not
/// take those from the readers.
/// Invariants:
/// (1) the sequence numbers of a key's writes ascend in the order in which their slots were stored;
/// (2) a table that was replaced is never changed again: a reader in it sees the moment of the replacement, and
///     that lies within the reader's call.
/// </remarks>
/// <typeparam name="TSchedule">Who decides which thread goes on at each access to what threads share.</typeparam>
internal sealed unsafe class Partition<TSchedule>
    where TSchedule : struct, ISchedule
{
    /// <summary>Below so many buckets a table doubles; above, it grows by a quarter, to keep to 12 bytes a key.
    /// </summary>
    private const uint DoublingBuckets = 64;

    private readonly SegmentTable _segments;
    private readonly Reclaimer<TSchedule> _reclaimer;
    private readonly ulong _hashSeed;
    private readonly ulong _partitionCount;
    private IndexTable _table;
    private PartitionWriter _writer = new();

    internal Partition(SegmentTable segments, Reclaimer<TSchedule> reclaimer, ulong hashSeed, int partitionCount)
    {
        _segments = segments;
        _reclaimer = reclaimer;
        _hashSeed = hashSeed;
        _partitionCount = (ulong)partitionCount;
        _table = IndexTable.Vacant;
    }

    internal long Keys => Volatile.Read(ref _writer.LiveSlots);

    internal long TableBytes => Volatile.Read(ref _table).Bytes;

    /// <summary>The highest sequence number given so far.</summary>
    internal ulong LastSequence => Volatile.Read(ref _writer.Sequence);

    /// <summary>Taken by whoever changes a key of this partition, from before the look-up until the slot is stored.
    /// </summary>
    internal void EnterWriter() => TSchedule.Enter(ref _writer.Lock);

    internal void ExitWriter() => TSchedule.Exit(ref _writer.Lock);

    internal ulong NextSequence() => ++_writer.Sequence;

    /// <summary>All numbers given from now on are higher than this one.</summary>
    internal void RaiseSequence(ulong floor) => _writer.Sequence = Math.Max(_writer.Sequence, floor);

    /// <summary>Finds the record of a key and verifies it. For readers.</summary>
    /// <exception cref="KvsDamageException">A record that may be the key's fails its checksum.</exception>
    internal bool TryFind(ReadOnlySpan<byte> key, ulong fraction, out FoundRecord found)
    {
        ulong* slot = FindSlot(TableForReading, key, fraction, out found);
        return slot != null;
    }

    /// <summary>Finds the slot of a key; null when it has none. For the writer.</summary>
    internal ulong* FindSlot(ReadOnlySpan<byte> key, ulong fraction, out FoundRecord found) =>
        FindSlot(_table, key, fraction, out found);

    /// <summary>
    /// The same for a write that does not care what it replaces: where the stored key is the very one, its record is
    /// not verified, so that a damaged value can be replaced. For the writer.
    /// </summary>
    internal ulong* FindSlotToReplace(ReadOnlySpan<byte> key, ulong fraction, out FoundRecord found)
    {
        ulong tag = _table.TagOf(fraction);
        ulong* slots = _table.BucketAt(_table.HomeOf(fraction));
        for (int i = 0; i < IndexTable.SlotsPerBucket && slots[i] != IndexTable.Empty; i++)
        {
            if (IndexTable.HasTag(slots[i], tag) && slots[i] > IndexTable.Removed)
            {
                ulong position = IndexTable.PositionOf(slots[i]);
                Segment segment = _segments.At(position);
                uint offset = SegmentTable.OffsetOf(position);
                TSchedule.Reach(segment);
                if (segment.HasPlausibleRecord(offset) && Frame.Key(segment.Start + offset).SequenceEqual(key))
                {
                    found = new FoundRecord(segment, offset);
                    return slots + i;
                }
            }
        }

        return FindSlot(_table, key, fraction, out found);
    }

    /// <summary>The slot that holds a position; null when none does. For readers, and for the writer.</summary>
    internal ulong* FindPosition(ulong fraction, ulong position)
    {
        IndexTable table = TableForReading;
        ulong* slots = table.BucketAt(table.HomeOf(fraction));
        for (int displacement = 0; displacement <= IndexTable.MaxDisplacement; displacement++)
        {
            bool hasEmpty = false;
            for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
            {
                ulong word = Read(table, slots + i);
                if (IndexTable.PositionOf(word) == position && word > IndexTable.Removed)
                {
                    return slots + i;
                }

                hasEmpty |= word == IndexTable.Empty;
            }

            if (hasEmpty)
            {
                return null;
            }

            slots += IndexTable.SlotsPerBucket;
        }

        return null;
    }

    /// <summary>Calls <paramref name="visit"/> with the record of each entry in some buckets, which were not verified.
    /// For readers.</summary>
    /// <returns>Whether there are buckets behind these.</returns>
    internal bool VisitBuckets(uint first, uint count, Action<FoundRecord> visit)
    {
        IndexTable table = TableForReading;
        uint end = table == IndexTable.Vacant ? 0 : table.BucketCount + IndexTable.MaxDisplacement;

        // A table that was rebuilt meanwhile may have its entries a little nearer to the front.
        uint begin = first - Math.Min(first, IndexTable.MaxDisplacement);
        for (uint bucket = begin; bucket < Math.Min(end, first + count); bucket++)
        {
            ulong* slots = table.BucketAt(bucket);
            for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
            {
                ulong word = Read(table, slots + i);
                if (word > IndexTable.Removed)
                {
                    ulong position = IndexTable.PositionOf(word);
                    visit(new FoundRecord(_segments.At(position), SegmentTable.OffsetOf(position)));
                }
            }
        }

        return first + count < end;
    }

    /// <summary>Brings the home bucket of a key near, without waiting for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchBucket(ulong fraction)
    {
        IndexTable table = TableForReading;
        Prefetch.Read(table.BucketAt(table.HomeOf(fraction)));
    }

    /// <summary>Brings the record of a key near, without waiting for it, if its slot is in its home bucket. The caller
    /// is inside an epoch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchRecord(ulong fraction)
    {
        IndexTable table = TableForReading;
        ulong tag = table.TagOf(fraction);
        ulong* slots = table.BucketAt(table.HomeOf(fraction));
        for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
        {
            ulong word = Read(table, slots + i);
            if (IndexTable.HasTag(word, tag) && word > IndexTable.Removed)
            {
                ulong position = IndexTable.PositionOf(word);
                byte* record = _segments.At(position).Start + SegmentTable.OffsetOf(position);
                Prefetch.Read(record);
                Prefetch.Read(record + Prefetch.LineBytes);
                Prefetch.Read(record + (2 * Prefetch.LineBytes));
                return;
            }
        }
    }

    /// <summary>A slot for a key that has none; makes room where there is none. Nothing is visible before
    /// <see cref="Publish"/>.</summary>
    internal ulong* MakeSlot(ulong fraction)
    {
        while (true)
        {
            ulong* slot = IsFull ? null : _table.FindFree(fraction);
            if (slot != null)
            {
                return slot;
            }

            if (!IsFull && _writer.UsedSlots * 4 < _table.MaxUsedSlots)
            {
                throw new KvsWriteException("Too many keys have one and the same hash; the write was not made.",
                    isFinal: false);
            }

            Grow();
        }
    }

    /// <summary>Makes a complete record visible under a new slot, or in place of an older record.</summary>
    internal void Publish(ulong* slot, ulong fraction, ulong position)
    {
        _writer.UsedSlots += *slot == IndexTable.Empty ? 1 : 0;
        _writer.LiveSlots += *slot <= IndexTable.Removed ? 1 : 0;
        TSchedule.Reach(_table);
        TSchedule.Store(slot, _table.WordOf(fraction, position));
    }

    /// <summary>Turns the slot that holds one position to another, if there still is one. False when there is none: the
    /// key was written or removed meanwhile.</summary>
    internal bool TrySwing(ulong fraction, ulong from, ulong to)
    {
        ulong* slot = FindPosition(fraction, from);
        if (slot == null)
        {
            return false;
        }

        Publish(slot, fraction, to);
        return true;
    }

    /// <summary>Puts all entries in at once, into a partition that has none and that nobody uses yet. Neighbours among
    /// them are best neighbours in the order of fractions, too.</summary>
    internal void Fill(ReadOnlySpan<IndexEntry> entries)
    {
        uint buckets = IndexTable.MinBuckets;
        while (entries.Length > buckets * (IndexTable.SlotsPerBucket - 1L))
        {
            buckets = NextSize(buckets);
        }

        for (; ; buckets = NextSize(buckets))
        {
            IndexTable table = IndexTable.Create(buckets);
            if (table.TryFill(entries))
            {
                _writer.LiveSlots = _writer.UsedSlots = entries.Length;
                Volatile.Write(ref _table, table);
                return;
            }

            table.Dispose();
            if (entries.Length * 4L < buckets)
            {
                throw new KvsWriteException("Too many keys have one and the same hash; the index cannot hold them.",
                    isFinal: false);
            }
        }
    }

    /// <summary>Makes a key disappear.</summary>
    internal void Unpublish(ulong* slot)
    {
        _writer.LiveSlots--;
        TSchedule.Reach(_table);
        TSchedule.Store(slot, IndexTable.Removed);
    }

    /// <summary>The home of a fraction in the present table, which a scan goes on with. For readers.</summary>
    internal uint HomeAt(ulong fraction, out IndexTable table)
    {
        table = TableForReading;
        return table.HomeOf(fraction);
    }

    /// <summary>Adds the records of all entries at home in a bucket, verified, in no order. For readers.</summary>
    internal void ScanHome(IndexTable table, uint home, List<FoundRecord> into)
    {
        for (uint bucket = home; bucket <= home + IndexTable.MaxDisplacement; bucket++)
        {
            ulong* slots = table.BucketAt(bucket);
            bool hasEmpty = false;
            for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
            {
                ulong word = Read(table, slots + i);
                hasEmpty |= word == IndexTable.Empty;
                if (word > IndexTable.Removed && table.HomeOf(table.FractionOf(word, bucket)) == home)
                {
                    into.Add(Verify(IndexTable.PositionOf(word)));
                }
            }

            if (hasEmpty)
            {
                return;
            }
        }
    }

    /// <summary>Frees the table. Only when nobody uses the store any more.</summary>
    internal void FreeTable() => _table.Dispose();

    /// <summary>The present table. Acquire: pairs with the release stores in <see cref="Grow"/> and
    /// <see cref="Fill"/>.</summary>
    private IndexTable TableForReading
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            TSchedule.Reach();
            return Volatile.Read(ref _table);
        }
    }

    /// <summary>Whether one more entry would fill the table too much.</summary>
    private bool IsFull => _writer.UsedSlots >= _table.MaxUsedSlots;

    /// <summary>The word of a slot. Acquire: pairs with the release store in <see cref="Publish"/>, behind which its
    /// record is complete.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read(IndexTable table, ulong* slot)
    {
        TSchedule.Reach(table);
        return Volatile.Read(ref *slot);
    }

    private ulong* FindSlot(IndexTable table, ReadOnlySpan<byte> key, ulong fraction, out FoundRecord found)
    {
        ulong tag = table.TagOf(fraction);
        ulong* slots = table.BucketAt(table.HomeOf(fraction));
        for (int displacement = 0; displacement <= IndexTable.MaxDisplacement; displacement++)
        {
            bool hasEmpty = false;
            for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
            {
                ulong word = Read(table, slots + i);
                if (IndexTable.HasTag(word, tag) && word > IndexTable.Removed)
                {
                    found = Verify(IndexTable.PositionOf(word));
                    if (found.Key.SequenceEqual(key))
                    {
                        return slots + i;
                    }
                }

                hasEmpty |= word == IndexTable.Empty;
            }

            if (hasEmpty)
            {
                break;
            }

            slots += IndexTable.SlotsPerBucket;
        }

        found = default;
        return null;
    }

    /// <summary>
    /// The record at a position that the index holds. Every record that is looked at is verified, also one that turns
    /// out to be another key's: a damaged key must not read as a key that is not there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FoundRecord Verify(ulong position)
    {
        Segment segment = _segments.At(position);
        uint offset = SegmentTable.OffsetOf(position);
        TSchedule.Reach(segment);
        if (!segment.HasSoundRecord(offset))
        {
            throw segment.Damage(offset, "the checksum of the record does not match");
        }

        return new FoundRecord(segment, offset);
    }

    /// <summary>
    /// Builds a larger table (or one of the same size, where removed entries fill this one) and puts it in place.
    /// Readers go on in the old one, which is freed when the last of them has left.
    /// </summary>
    private void Grow()
    {
        IndexTable old = _table;
        uint buckets = old.BucketCount;

        // Where removals have freed much, the same size will do; not where a crowded stretch is the reason.
        bool mustEnlarge = !IsFull || _writer.LiveSlots * 10 >= buckets * 6L * IndexTable.SlotsPerBucket;
        while (true)
        {
            if (mustEnlarge)
            {
                buckets = NextSize(buckets);
            }

            IndexTable? next = old.TryCopy(buckets) ?? TryRebuild(old, buckets);
            if (next is not null)
            {
                // Release: whoever finds the table finds all that was copied into it. Pairs with TableForReading.
                TSchedule.Reach();
                TSchedule.Store(() => Volatile.Write(ref _table, next));
                _writer.UsedSlots = _writer.LiveSlots;
                _reclaimer.Retire(old, old.Bytes);
                return;
            }

            mustEnlarge = true;
        }
    }

    private static uint NextSize(uint buckets) => buckets + (buckets < DoublingBuckets ? buckets : buckets / 4);

    /// <summary>A table on a new base: the one time that the keys are read from the log.</summary>
    private IndexTable? TryRebuild(IndexTable old, uint buckets)
    {
        IndexTable next = IndexTable.Create(buckets);
        for (uint bucket = 0; bucket < old.BucketCount + IndexTable.MaxDisplacement; bucket++)
        {
            ulong* slots = old.BucketAt(bucket);
            for (int i = 0; i < IndexTable.SlotsPerBucket; i++)
            {
                ulong word = slots[i];
                if (word > IndexTable.Removed && !next.TryInsert(FractionOf(word), IndexTable.PositionOf(word)))
                {
                    next.Dispose();
                    return null;
                }
            }
        }

        return next;
    }

    private ulong FractionOf(ulong word)
    {
        ulong hash = KeyHash.Compute(Verify(IndexTable.PositionOf(word)).Key, _hashSeed);
        return hash * _partitionCount;
    }
}
