using Kvs.Commits;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// Copies what is needed of some segments to the lane for copies, so that nothing in them is needed any more.
/// </summary>
/// <remarks>
/// One thread. Readers and writers go on meanwhile. Invariants:
/// (1) every byte of a segment is verified before one of its records is copied under a new checksum; a damaged segment
///     stays as it is;
/// (2) a copy has the number of its original, so it never wins over a later write, wherever that lies;
/// (3) a slot is turned to the copy after the copy is durable, under its partition's lock, and only where it still
///     holds the original: a key that was written or removed meanwhile stays as that left it;
/// (4) what made a record that was not copied unnecessary was durable before <see cref="Compact"/> returned.
/// </remarks>
internal sealed unsafe class Compactor
{
    /// <summary>So many records are looked up together: what has to come from memory comes for all of them at once.
    /// </summary>
    private const int RecordsUnderWay = 32;

    private readonly EpochGate _gate;
    private readonly StoreIndex _index;
    private readonly LogWriter _log;
    private readonly SegmentSupply _supply;
    private readonly GroupCommit _commits;
    private readonly CompactionPace _pace;
    private readonly Action<CompactionStep>? _atStep;
    private readonly List<Move> _moves = [];
    private readonly List<Found> _found = new(RecordsUnderWay);

    internal Compactor(EpochGate gate, StoreIndex index, LogWriter log, SegmentSupply supply, GroupCommit commits,
        CompactionPace pace, Action<CompactionStep>? atStep)
    {
        _gate = gate;
        _index = index;
        _log = log;
        _supply = supply;
        _commits = commits;
        _pace = pace;
        _atStep = atStep;
    }

    /// <summary>Bytes copied since the store was opened.</summary>
    internal long CopiedBytes { get; private set; }

    /// <summary>Tombstones among what was copied.</summary>
    internal long CopiedTombstones { get; private set; }

    /// <summary>Makes segments unnecessary. Returns those of which nothing is needed any more; the others are damaged,
    /// or there was no room for all of their records.</summary>
    /// <param name="victims">Complete segments.</param>
    /// <param name="census">Which tombstones in them may go.</param>
    /// <param name="onDamage">Told of a segment that is not as it was written.</param>
    /// <exception cref="KvsWriteException">There was no room for the first of them, or a sync failed; nothing is lost.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    internal List<Segment> Compact(IReadOnlyList<Segment> victims, TombstoneCensus census,
        Action<Segment, KvsDamageException> onDamage)
    {
        _moves.Clear();
        try
        {
            List<Segment> copied = CopyWhatFits(victims, census, onDamage, out KvsWriteException? noRoom);
            _atStep?.Invoke(CompactionStep.Copied);
            Flush();
            _atStep?.Invoke(CompactionStep.Durable);
            SwingAll();
            _atStep?.Invoke(CompactionStep.Swung);
            return copied.Count > 0 || noRoom is null
                ? copied
                : throw new KvsWriteException(noRoom.Message, noRoom.IsFinal, noRoom);
        }
        finally
        {
            // Copies that no slot was turned to are garbage, and must count as such: they are found when the store is
            // opened next, and a tombstone of their key must outlive them.
            _moves.ForEach(move => move.Copy.AddDead(lane: 0, move.Length));
            _moves.Clear();
        }
    }

    private List<Segment> CopyWhatFits(IReadOnlyList<Segment> victims, TombstoneCensus census,
        Action<Segment, KvsDamageException> onDamage, out KvsWriteException? noRoom)
    {
        noRoom = null;
        List<Segment> copied = [];
        foreach (Segment victim in victims)
        {
            _found.Clear();
            try
            {
                SegmentWalk.VerifyWhole(victim, offset => Note(victim, offset, census));
                CopyFound(victim, census);
                copied.Add(victim);
            }
            catch (KvsDamageException e)
            {
                onDamage(victim, e);
            }
            catch (KvsWriteException e)
            {
                // On a full disk, dropping one segment may make the room that the others need.
                noRoom = e;
                break;
            }
        }

        return copied;
    }

    private void SwingAll()
    {
        while (_moves.Count > 0)
        {
            int count = Math.Min(RecordsUnderWay, _moves.Count);
            for (int i = 1; i <= count; i++)
            {
                PrefetchBucket(_moves[^i].Hash);
            }

            for (; count > 0; count--)
            {
                Swing(_moves[^1]);
                _moves.RemoveAt(_moves.Count - 1);
            }
        }
    }

    private void PrefetchBucket(ulong hash)
    {
        EpochSlot epoch = _gate.Enter();
        _index.Locate(hash, out ulong fraction).PrefetchBucket(fraction);
        EpochGate.Leave(epoch);
    }

    /// <summary>Returns when everything that was written up to now is durable.</summary>
    internal void Flush()
    {
        EpochSlot epoch = _gate.Enter();
        ulong present = _gate.Current;
        EpochGate.Leave(epoch);
        _commits.WaitUntilDurable(present);
    }

    /// <summary>Keeps a verified record in mind until there are enough of them to be looked up.</summary>
    private void Note(Segment victim, uint offset, TombstoneCensus census)
    {
        ulong hash = _index.HashOf(Frame.Key(victim.Start + offset));
        PrefetchBucket(hash);
        _found.Add(new Found(offset, hash));
        if (_found.Count == RecordsUnderWay)
        {
            CopyFound(victim, census);
        }
    }

    private void CopyFound(Segment victim, TombstoneCensus census)
    {
        foreach (Found found in _found)
        {
            CopyIfNeeded(victim, found.Offset, found.Hash, census);
        }

        _found.Clear();
    }

    private void CopyIfNeeded(Segment victim, uint offset, ulong hash, TombstoneCensus census)
    {
        byte* frame = victim.Start + offset;
        uint length = Frame.LengthOf(Frame.ReadWord(frame));
        ulong position = SegmentTable.PositionOf(victim, offset);
        bool isPut = Frame.Kind(frame) == FrameKind.Put;
        if (isPut ? !IsLive(hash, position) : census.MayGo(victim, offset) || IsSuperseded(hash, frame))
        {
            return;
        }

        Room copy = Copy(frame, length);
        CopiedBytes += length;
        CopiedTombstones += isPut ? 0 : 1;
        if (isPut)
        {
            _moves.Add(new Move(hash, position, SegmentTable.PositionOf(copy.Segment, copy.Offset), victim,
                copy.Segment, length));
        }

        _pace.Spend(length);
    }

    private bool IsLive(ulong hash, ulong position)
    {
        EpochSlot epoch = _gate.Enter();
        bool isLive = _index.Locate(hash, out ulong fraction).FindPosition(fraction, position) != null;
        EpochGate.Leave(epoch);
        return isLive;
    }

    /// <summary>Whether a key was set again after a tombstone; not where that record is damaged.</summary>
    private bool IsSuperseded(ulong hash, byte* tombstone)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            return _index.Locate(hash, out ulong fraction)
                .TryFind(Frame.Key(tombstone), fraction, out FoundRecord found) &&
                found.Version > Frame.Sequence(tombstone);
        }
        catch (KvsDamageException)
        {
            return false;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Copies a record, with its number, under the present epoch.</summary>
    private Room Copy(byte* frame, uint length)
    {
        Segment? dedicated = _log.NeedsDedicated(length) ? _supply.MakeDedicated(length) : null;
        bool hasDedicated = dedicated is not null;
        try
        {
            while (true)
            {
                long made = _supply.Made;
                if (TryCopy(frame, length, dedicated, out Room room))
                {
                    dedicated = null;
                    return room;
                }

                _supply.WaitUntilReady(made, isFirst: true);
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

    private bool TryCopy(byte* frame, uint length, Segment? dedicated, out Room room)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            bool hasRoom = dedicated is null
                ? _log.TryTakeCopy(length, out room)
                : _log.TryTake(lane: 0, length, dedicated, out room);
            if (hasRoom)
            {
                Buffer.MemoryCopy(frame + Frame.CommonBytes, room.Frame + Frame.CommonBytes,
                    length - Frame.CommonBytes, length - Frame.CommonBytes);
                Frame.WriteCommon(room.Frame, Frame.Kind(frame), room.Epoch, Frame.Sequence(frame), Frame.Flags(frame));
                Frame.Finish(room.Frame, length, length, room.Segment.Salt, room.Offset);
            }

            return hasRoom;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Turns a slot from the original to the copy, if it still holds the original.</summary>
    private void Swing(in Move move)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            Partition partition = _index.Locate(move.Hash, out ulong fraction);
            partition.EnterWriter();
            bool isTurned = partition.TrySwing(fraction, move.From, move.To);
            partition.ExitWriter();
            (isTurned ? move.Original : move.Copy).AddDead(lane: 0, move.Length);
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>A record of the segment that is being copied.</summary>
    private readonly record struct Found(uint Offset, ulong Hash);

    private readonly record struct Move(
        ulong Hash, ulong From, ulong To, Segment Original, Segment Copy, uint Length);
}
