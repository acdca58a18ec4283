using System.Diagnostics;
using Kvs.Commits;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// Decides what is compacted, and when: keeps garbage on disk to a part of the live data. Segments with the greatest
/// part of garbage go first, because they give the most room for the least copying.
/// </summary>
/// <remarks>On the housekeeper's thread.</remarks>
internal sealed class Compaction
{
    /// <summary>Copying a segment with less garbage than this is not worth it, unless everything is to be compacted.
    /// </summary>
    private const double LeastShare = 0.05;

    /// <summary>A full segment with so much garbage is compacted as it is, rather than sealed first.</summary>
    private const double NotWorthSealingShare = 0.75;

    /// <summary>So many segments that are much smaller than they could be are put together.</summary>
    private const int ManySmallSegments = 8;

    private readonly KvStoreOptions _options;
    private readonly LogWriter _log;
    private readonly SegmentSupply _supply;
    private readonly GroupCommit _commits;
    private readonly Housekeeper _housekeeper;
    private readonly ExpirySweep _expiry;
    private readonly ExpirySweep.RemoveExpired _removeExpired;
    private readonly Compactor _compactor;
    private readonly TombstoneCensus _census;
    private double _tombstonesKept;
    private long _compactedSegments;
    private long _copiedBytes;
    private long _rounds;

    internal Compaction(KvStoreOptions options, EpochGate gate, StoreIndex index, LogWriter log, SegmentSupply supply,
        GroupCommit commits, Housekeeper housekeeper, ExpirySweep expiry, ExpirySweep.RemoveExpired removeExpired)
    {
        _options = options;
        _log = log;
        _supply = supply;
        _commits = commits;
        _housekeeper = housekeeper;
        _expiry = expiry;
        _removeExpired = removeExpired;
        _census = new TombstoneCensus(index);
        var pace = new CompactionPace(options.Compaction.MaxBytesPerSecond, housekeeper.Tend, housekeeper.Wait);
        _compactor = new Compactor(gate, index, log, supply, commits, pace, options.AtCompactionStep);
    }

    /// <summary>How many times segments were compacted together.</summary>
    internal long Rounds => Volatile.Read(ref _rounds);

    /// <summary>Segments that were compacted since the store was opened.</summary>
    internal long CompactedSegments => Volatile.Read(ref _compactedSegments);

    /// <summary>Bytes that were copied for it.</summary>
    internal long CopiedBytes => Volatile.Read(ref _copiedBytes);

    internal bool IsExpiryDue => _options.Compaction.IsAutomatic && _expiry.IsDue;

    internal bool HasExpiring => _options.Compaction.IsAutomatic && _expiry.HasExpiring;

    internal void CloseChunksIn(Segment segment) => _log.CloseChunksIn(segment);

    /// <summary>Forgets a segment that was dropped.</summary>
    internal void Forget(Segment segment) => _census.Forget(segment);

    /// <summary>Whether a complete segment is so full of garbage that it is not worth sealing.</summary>
    internal bool WillTakeSoon(Segment segment) => _options.Compaction.IsAutomatic && !segment.IsDamaged &&
        SpaceUse.DeadShare(segment) >= NotWorthSealingShare;

    /// <summary>Does what is to be done now. True when there may be more.</summary>
    /// <param name="isFull">Whether everything is to be compacted that has any garbage.</param>
    internal bool Run(bool isFull)
    {
        if (isFull)
        {
            _commits.ThrowIfPoisoned();
        }

        if (_commits.Poisoned is not null || !(isFull || _options.Compaction.IsAutomatic))
        {
            return false;
        }

        if (isFull || _expiry.IsDue)
        {
            _expiry.Run(_removeExpired, _housekeeper.Tend);
        }

        if (isFull)
        {
            RunFull();
            return false;
        }

        TakeCensusIfDue();
        return CompactSome(ChooseVictims()).Count > 0;
    }

    private void RunFull()
    {
        // Tombstones go when what they hide is gone, and that makes garbage once more, also in what was just copied.
        long copiedBefore = _compactor.CopiedTombstones;
        for (int pass = 0; pass < 2; pass++)
        {
            if (pass == 0 || _compactor.CopiedTombstones > copiedBefore)
            {
                _log.Roll();
            }

            _compactor.Flush();
            _housekeeper.Tend();
            TakeCensus();
            HashSet<Segment> old = [.. Complete()];
            while (TakeSome(Complete().FindAll(segment => old.Contains(segment) && SpaceUse.DeadShare(segment) > 0))
                is { Count: > 0 } victims)
            {
                old.ExceptWith(CompactSome(victims));
                _housekeeper.Tend();
            }
        }
    }

    private List<Segment> Complete() =>
        _housekeeper.Present().FindAll(segment => _housekeeper.IsComplete(segment) && !segment.IsDamaged);

    private double Allowance => _supply.LastCapacity;

    private List<Segment> ChooseVictims()
    {
        List<Segment> complete = Complete();
        List<Segment> victims = complete.FindAll(segment => !segment.IsSealed && WillTakeSoon(segment));
        if (SpaceUse.Of(complete).Exceeds(_options.Compaction.GarbageRatio, Allowance))
        {
            victims.AddRange(complete
                .Where(segment => SpaceUse.DeadShare(segment) >= LeastShare && !victims.Contains(segment))
                .OrderByDescending(SpaceUse.DeadShare));
        }

        List<Segment> small = complete.FindAll(segment =>
            segment.IsSealed && segment.DiskBytes < _supply.LastCapacity / 4 && !victims.Contains(segment));
        if (small.Count >= ManySmallSegments)
        {
            victims.AddRange(small);
        }

        return TakeSome(victims);
    }

    /// <summary>The first of some segments, as many as are compacted in one go.</summary>
    private List<Segment> TakeSome(List<Segment> segments)
    {
        List<Segment> some = [];
        long bytes = 0;
        foreach (Segment segment in segments)
        {
            long live = segment.AppendedBytes - segment.DeadBytes;
            if (some.Count > 0 && bytes + live > _options.Compaction.RoundBytes)
            {
                break;
            }

            bytes += live;
            some.Add(segment);
        }

        return some;
    }

    /// <summary>Compacts some segments; returns those that were dropped. The others are damaged, or there was no room.
    /// </summary>
    private List<Segment> CompactSome(List<Segment> victims)
    {
        if (victims.Count == 0)
        {
            return [];
        }

        long start = Stopwatch.GetTimestamp();
        List<Segment> done = [];
        _housekeeper.Keep(victims);
        try
        {
            done = _compactor.Compact(victims, _census, NoteDamage);
        }
        finally
        {
            _housekeeper.Keep([]);
        }

        _housekeeper.Drop(done);
        _options.AtCompactionStep?.Invoke(CompactionStep.Dropped);
        long copiedBytes = _compactor.CopiedBytes - _copiedBytes;
        Volatile.Write(ref _rounds, _rounds + 1);
        _ = Interlocked.Add(ref _compactedSegments, done.Count);
        Volatile.Write(ref _copiedBytes, _compactor.CopiedBytes);
        _options.Events.CompactionFinished(done.Count, copiedBytes, done.Sum(segment => segment.DiskBytes),
            Stopwatch.GetElapsedTime(start));
        return done;
    }

    private void TakeCensusIfDue()
    {
        List<Segment> complete = Complete();
        SpaceUse use = SpaceUse.Of(complete);
        double ratio = _options.Compaction.CensusRatio;
        if (ratio < 0 || use.Tombstones > _tombstonesKept + (ratio * use.Live) + _options.FirstSegmentBytes)
        {
            TakeCensus();
            _tombstonesKept = SpaceUse.Of(complete).Tombstones;
        }

        _tombstonesKept = Math.Min(_tombstonesKept, use.Tombstones);
    }

    private void TakeCensus()
    {
        _census.Take(_housekeeper.Present(), NoteDamage);
        _options.AtCompactionStep?.Invoke(CompactionStep.CensusTaken);
    }

    private void NoteDamage(Segment segment, KvsDamageException damage)
    {
        segment.IsDamaged = true;
        _options.Events.DamageFound(damage);
    }
}
