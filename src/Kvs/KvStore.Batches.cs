using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;
using Kvs.Writes;

namespace Kvs;

/// <content>
/// Writes of many keys. The records of a batch lie in one frame, which is finished after all of them, in one store:
/// whoever recovers finds the frame complete and takes all of them, or a hole and takes none. The locks of all
/// partitions that the batch touches are held, taken in ascending order, from before its requirements are looked at
/// until its last slot is stored.
/// </content>
public sealed unsafe partial class KvStore
{
    /// <inheritdoc/>
    public bool TryWrite(WriteBatch batch, Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Check(Limits);
        _gate.ThrowIfInside();
        var plan = new BatchPlan(batch, _index);
        Segment? dedicated = null;
        bool hasDedicated = false;
        try
        {
            while (true)
            {
                _commits.ThrowIfPoisoned();
                long made = _supply.Made;
                switch (WriteInEpoch(plan, ref dedicated, out uint length, out ulong stamp))
                {
                    case WriteOutcome.Written:
                        NoteExpiries(batch);
                        AwaitDurability(durability ?? Durability, stamp);
                        return true;
                    case WriteOutcome.Refused:
                        return false;
                    case WriteOutcome.NeedsPreparing:
                        if (hasDedicated)
                        {
                            _supply.EndDedicated(unused: dedicated);
                        }

                        hasDedicated = false;
                        dedicated = _supply.MakeDedicated(length);
                        hasDedicated = true;
                        break;
                    case WriteOutcome.NeedsSegment:
                        _supply.WaitUntilReady(made);
                        break;
                }
            }
        }
        finally
        {
            if (hasDedicated)
            {
                _supply.EndDedicated(unused: dedicated);
            }
        }
    }

    /// <inheritdoc/>
    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default)
    {
        options.CheckUnconditional();
        long expiry = options.ExpiryAt(_options.Clock);
        ulong last = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i % KeysUnderWay == 0)
            {
                PrefetchForWriting(entries.Slice(i, Math.Min(KeysUnderWay, entries.Length - i)));
            }

            Limits.CheckKey(entries[i].Key.Length);
            Limits.CheckValue(entries[i].Value.Length);
            var write = new SingleWrite
            {
                Kind = FrameKind.Put,
                Key = entries[i].Key.Span,
                Value = entries[i].Value.Span,
                Expiry = expiry,
                KeepsExpiry = options.KeepsExpiry,
            };
            _ = Write(ref write, Durability.Process);
            last = Math.Max(last, write.Epoch);
        }

        AwaitDurability(options.Durability ?? Durability, last);
    }

    /// <summary>Brings near what the writes of some keys will look at.</summary>
    private void PrefetchForWriting(ReadOnlySpan<KvsEntry> entries)
    {
        Span<ulong> hashes = stackalloc ulong[KeysUnderWay];
        EpochSlot epoch = _gate.Enter();
        try
        {
            for (int i = 0; i < entries.Length; i++)
            {
                hashes[i] = _index.HashOf(entries[i].Key.Span);
                _index.Locate(hashes[i], out ulong fraction).PrefetchBucket(fraction);
            }

            PrefetchRecords(hashes[..entries.Length]);
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Writes a batch, once it holds all that it needs.</summary>
    /// <param name="plan">The batch.</param>
    /// <param name="dedicated">A segment that was made for it; null once it is used.</param>
    /// <param name="length">How much room it takes.</param>
    /// <param name="stamp">The epoch of its records.</param>
    private WriteOutcome WriteInEpoch(BatchPlan plan, ref Segment? dedicated, out uint length, out ulong stamp)
    {
        length = 0;
        stamp = 0;
        EpochSlot epoch = _gate.Enter();
        int locked = 0;
        try
        {
            for (; locked < plan.Partitions.Length; locked++)
            {
                _index.Partitions[plan.Partitions[locked]].EnterWriter();
            }

            if (!MeetsRequirements(plan))
            {
                return WriteOutcome.Refused;
            }

            length = LayOut(plan, out int records);
            if (records == 0)
            {
                stamp = _gate.Current;
                return WriteOutcome.Written;
            }

            if (dedicated is null ? _log.NeedsDedicated(length) : SegmentSupply.DedicatedRoom(dedicated) < length)
            {
                return WriteOutcome.NeedsPreparing;
            }

            int lane = _log.PresentLane;
            if (!_log.TryTake(lane, length, dedicated, out Room room))
            {
                return WriteOutcome.NeedsSegment;
            }

            dedicated = null;
            stamp = room.Epoch;
            WriteRecords(plan, room);
            BatchHeader.Write(room.Frame, length, room.Epoch, (uint)records, room.Segment.Salt, room.Offset);
            Publish(plan, room, lane);
            return WriteOutcome.Written;
        }
        finally
        {
            while (locked > 0)
            {
                _index.Partitions[plan.Partitions[--locked]].ExitWriter();
            }

            EpochGate.Leave(epoch);
        }
    }

    private void NoteExpiries(WriteBatch batch)
    {
        foreach (WriteBatch.Item item in batch.Items)
        {
            NoteExpiry(ExpiryOf(item));
        }
    }

    private static long ExpiryOf(in WriteBatch.Item item) =>
        item.ExpiresAt is { } moment ? Math.Max(1, moment.ToUnixTimeMilliseconds()) : 0;

    private bool MeetsRequirements(BatchPlan plan)
    {
        foreach (ref BatchPlan.Step step in plan.Steps)
        {
            if (step.Item.Kind == WriteBatch.ItemKind.Require)
            {
                bool isThere = _index.Partitions[step.Partition]
                    .FindSlot(plan.KeyOf(step), step.Fraction, out FoundRecord found) != null && !HasExpired(found);
                if ((isThere ? found.Version : 0) != step.Item.Version)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Gives each record its place, and leaves out removals of what is not there. Returns the room that all
    /// take.</summary>
    private uint LayOut(BatchPlan plan, out int records)
    {
        uint length = Frame.BatchHeaderBytes;
        records = 0;
        foreach (ref BatchPlan.Step step in plan.Steps)
        {
            step.IsWritten = step.IsLast && (step.Item.Kind == WriteBatch.ItemKind.Set ||
                _index.Partitions[step.Partition].FindSlot(plan.KeyOf(step), step.Fraction, out _) != null);
            if (step.IsWritten)
            {
                records++;
                step.Offset = length;
                length += RecordBytes(step.Item);
            }
        }

        return length;
    }

    private static uint RecordBytes(in WriteBatch.Item item) =>
        (uint)Frame.RecordBytes(item.KeyBytes, item.ValueBytes, item.ExpiresAt is not null);

    private void WriteRecords(BatchPlan plan, Room room)
    {
        foreach (ref BatchPlan.Step step in plan.Steps)
        {
            if (!step.IsWritten)
            {
                continue;
            }

            uint length = RecordBytes(step.Item);
            byte* frame = room.Frame + step.Offset;
            FrameKind kind = step.Item.Kind == WriteBatch.ItemKind.Set ? FrameKind.Put : FrameKind.Remove;
            Frame.WriteRecord(frame, length, kind, room.Epoch,
                _index.Partitions[step.Partition].NextSequence(), plan.KeyOf(step),
                plan.Batch.ValueOf(step.Item), ExpiryOf(step.Item));
            Frame.Finish(frame, length, length, room.Segment.Salt, room.Offset + step.Offset);
        }
    }

    private void Publish(BatchPlan plan, Room room, int lane)
    {
        try
        {
            PublishRecords(plan, room, lane);
        }
        catch (Exception e) when (e is KvsException or InsufficientMemoryException or OutOfMemoryException)
        {
            // The log has the whole batch by now, and memory a part of it: what is opened next has all.
            _commits.Poison($"A batch could not be entered into the index: {e.Message}", e);
            throw new KvsWriteException(_commits.Poisoned!.Message, isFinal: true, e);
        }
    }

    private void PublishRecords(BatchPlan plan, Room room, int lane)
    {
        foreach (ref BatchPlan.Step step in plan.Steps)
        {
            if (!step.IsWritten)
            {
                continue;
            }

            Partition partition = _index.Partitions[step.Partition];
            ulong* slot = partition.FindSlotToReplace(plan.KeyOf(step), step.Fraction, out FoundRecord replaced);
            if (slot != null)
            {
                replaced.Segment.AddDead(lane, replaced.Length);
            }

            if (step.Item.Kind == WriteBatch.ItemKind.Remove)
            {
                partition.Unpublish(slot);
                continue;
            }

            slot = slot == null ? partition.MakeSlot(step.Fraction) : slot;
            partition.Publish(slot, step.Fraction, SegmentTable.PositionOf(room.Segment, room.Offset + step.Offset));
        }
    }
}
