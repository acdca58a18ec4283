using System.Diagnostics;
using Kvs.Epochs;
using Kvs.Log;

namespace Kvs.Commits;

/// <summary>
/// The thread that makes writes durable, in groups: it ends the present epoch, waits until no operation is left in
/// it, appends a commit record, and syncs. Everything stamped up to that epoch is then on disk, in whatever lane it
/// lies. Commit groups by epoch after Silo (Tu et al., 2013).
/// </summary>
/// <remarks>
/// <see cref="WaitUntilDurable"/>, <see cref="CommitSoon"/> and the properties may be used from any thread.
/// Invariants:
/// (1) <see cref="DurableEpoch"/> is raised only after every segment that holds a frame of that epoch, and the commit
///     record, were synced without an error;
/// (2) after a sync has failed it is never raised again, and nothing is synced again: the kernel has dropped the
///     pages, and a second sync would succeed without them;
/// (3) this thread alone ends epochs, so a lane holds frames of at most one epoch after the one that is committed.
/// </remarks>
internal sealed class GroupCommit
{
    /// <summary>A store that nobody asked to sync still does so often, to have a recent moment to go back to.
    /// </summary>
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(30);

    private readonly EpochGate _gate;
    private readonly LogWriter _log;
    private readonly SegmentSupply _supply;
    private readonly Reclaimer _reclaimer;
    private readonly KvStoreOptions _options;
    private readonly Action _onCommit;
    private readonly TimeSpan _interval;
    private readonly List<Segment> _written = [];
    private readonly Thread _thread;

    // Work for the thread; guarded by _work.
    private readonly object _work = new();
    private ulong _wanted;
    private bool _isCommitDue;
    private bool _isStopping;

    // What the thread has done; guarded by _done for writing.
    private readonly object _done = new();
    private ulong _durable;
    private long _failedAttempts;
    private bool _hasStopped;
    private KvsWriteException? _lastFailure;
    private KvsWriteException? _poison;
    private long _commits;

    // The thread's own: the last epoch that ended durable, and the last that has a commit record. An epoch in which
    // nothing was written has none, and recovery can only look for those that have.
    private ulong _committed;
    private ulong _recorded;

    internal GroupCommit(EpochGate gate, LogWriter log, SegmentSupply supply, Reclaimer reclaimer,
        KvStoreOptions options, Action onCommit)
    {
        _gate = gate;
        _log = log;
        _supply = supply;
        _reclaimer = reclaimer;
        _options = options;
        _onCommit = onCommit;
        _committed = _recorded = _durable = gate.Current - 1;
        _interval = options.Durability == Durability.Process || options.SyncInterval > s_longestInterval
            ? s_longestInterval
            : options.SyncInterval;
        reclaimer.TellWhenUrgent(WakeUp);
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs commit" };
        _thread.Start();
    }

    /// <summary>All writes stamped up to this epoch are on disk.</summary>
    internal ulong DurableEpoch => Volatile.Read(ref _durable);

    internal long Commits => Volatile.Read(ref _commits);

    /// <summary>Why the store takes no more writes; null while it does.</summary>
    internal KvsWriteException? Poison => Volatile.Read(ref _poison);

    /// <summary>Throws where the store takes no more writes.</summary>
    internal void ThrowIfPoisoned()
    {
        if (Poison is { } poison)
        {
            throw new KvsWriteException(poison.Message, isFinal: true, poison);
        }
    }

    /// <summary>Waits until all that is stamped up to <paramref name="epoch"/> is on disk. The caller has left its
    /// epoch.</summary>
    /// <exception cref="KvsWriteException">The write is in the store, but it was not made durable.</exception>
    internal void WaitUntilDurable(ulong epoch)
    {
        if (DurableEpoch >= epoch)
        {
            return;
        }

        // Read before the wish is made: an attempt that fails from now on is an answer to it.
        long failedBefore = Volatile.Read(ref _failedAttempts);
        lock (_work)
        {
            if (_wanted < epoch)
            {
                _wanted = epoch;
                Monitor.Pulse(_work);
            }
        }

        lock (_done)
        {
            while (_durable < epoch)
            {
                ThrowIfPoisoned();
                if ((_failedAttempts != failedBefore || _hasStopped) && _lastFailure is { } failure)
                {
                    throw new KvsWriteException(failure.Message, isFinal: false, failure);
                }

                Monitor.Wait(_done);
            }
        }
    }

    /// <summary>Lets the thread commit soon; waits for nothing.</summary>
    internal void CommitSoon()
    {
        lock (_work)
        {
            _isCommitDue = true;
            Monitor.Pulse(_work);
        }
    }

    /// <summary>Lets the thread look whether there is something to do.</summary>
    private void WakeUp()
    {
        lock (_work)
        {
            Monitor.Pulse(_work);
        }
    }

    /// <summary>Stops all writes for good, because a sync has failed.</summary>
    internal void PoisonWith(Exception failure)
    {
        Fail(() => _poison ??= new KvsWriteException(
            $"A sync failed, and what was written since the one before may be lost: {failure.Message} " +
            "The store takes no more writes; reads go on. Check the disk, then open the store again.",
            isFinal: true, failure));
        _options.Tell($"A sync failed, and the store takes no more writes: {failure.Message}");
    }

    /// <summary>Commits what there is and ends the thread. Only when no operation can begin any more.</summary>
    internal void Stop()
    {
        lock (_work)
        {
            _isStopping = true;
            Monitor.Pulse(_work);
        }

        _thread.Join();
    }

    private void Run()
    {
        long lastCommit = Stopwatch.GetTimestamp();
        bool isStopping = false;
        while (!isStopping)
        {
            isStopping = WaitForWork(lastCommit);
            bool isIntervalOver = Stopwatch.GetElapsedTime(lastCommit) >= _interval;
            ulong ended = _gate.Advance();
            _gate.WaitUntilLeft(ended);
            _reclaimer.Collect(ended);
            if (isStopping || isIntervalOver || IsWanted())
            {
                TryCommit(ended);
                lastCommit = Stopwatch.GetTimestamp();
            }
        }

        lock (_done)
        {
            // Whoever waits now has the last attempt's result: durable, or why not.
            _hasStopped = true;
            Monitor.PulseAll(_done);
        }
    }

    /// <summary>Returns when there is something to do; true when it is to be the last.</summary>
    private bool WaitForWork(long lastCommit)
    {
        lock (_work)
        {
            while (!_isStopping && !IsWanted() && !_reclaimer.IsUrgent)
            {
                TimeSpan left = _interval - Stopwatch.GetElapsedTime(lastCommit);
                if (left <= TimeSpan.Zero)
                {
                    if (_log.HasWritesAfter(_committed))
                    {
                        break;
                    }

                    // Nothing to commit: look again when the next write may have waited for the interval.
                    left = _interval;
                }

                _ = Monitor.Wait(_work, Min(left, _interval) + TimeSpan.FromMilliseconds(1));
            }

            return _isStopping;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private bool IsWanted()
    {
        lock (_work)
        {
            return _isCommitDue || (_wanted > DurableEpoch && Poison is null);
        }
    }

    private void TryCommit(ulong ended)
    {
        lock (_work)
        {
            _isCommitDue = false;
        }

        if (Poison is not null)
        {
            return;
        }

        try
        {
            if (_log.HasWritesAfter(_committed))
            {
                Commit(ended);
                _recorded = ended;
                _commits++;
            }

            _committed = ended;
            lock (_done)
            {
                Volatile.Write(ref _durable, ended);
                Monitor.PulseAll(_done);
            }

            _onCommit();
        }
        catch (KvsWriteException e)
        {
            // No room for the commit record. What was written stays, and the next attempt covers it: the next that
            // someone waits for, or at the end of the interval.
            lock (_work)
            {
                _wanted = DurableEpoch;
            }

            Fail(() => _lastFailure = e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PoisonWith(e);
        }
    }

    private void Fail(Action note)
    {
        lock (_done)
        {
            note();
            _failedAttempts++;
            Monitor.PulseAll(_done);
        }
    }

    private unsafe void Commit(ulong ended)
    {
        LanePlace[] places = _log.PlacesAfter(ended);
        Room room;
        for (long made = _supply.Made; !_log.TryTakeCommit(out room); made = _supply.Made)
        {
            _supply.WaitUntilReady(made);
        }

        new CommitRecord(ended, _recorded, places)
            .Write(room.Frame, (uint)Frame.CommitBytes(places.Length), room.Segment.Salt, room.Offset);

        // The segments that were begun up to here include all that hold frames of the epoch.
        while (_log.NextBegun() is { } begun)
        {
            _written.Add(begun);
        }

        foreach (Segment segment in _written)
        {
            if (segment.LastEpoch > segment.SyncedEpoch)
            {
                if (segment.IsFull)
                {
                    segment.File.StopWriting(0, segment.Length);
                }

                segment.File.Sync();
                segment.SyncedEpoch = ended;
            }
        }

        _written.RemoveAll(segment =>
            segment.IsFull && segment.OpenChunks == 0 && segment.LastEpoch != 0 &&
            segment.LastEpoch <= segment.SyncedEpoch);
    }
}
