using System.Diagnostics;
using Kvs.Files;
using Kvs.Log;
using Kvs.Monitoring;

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
/// (3) epochs are ended by one thread at a time, which commits before the next one does, so a lane holds frames of at
///     most one epoch after the one that is committed;
/// (4) wishes for a commit are taken before an epoch is ended, so each is answered by a commit that covers it.
/// </remarks>
internal sealed partial class GroupCommit
{
    /// <summary>A store that nobody asked to sync still does so often, to have a recent moment to go back to.
    /// </summary>
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(30);

    private readonly DurableEpoch _durable;
    private readonly Action<ulong> _makeDurable;
    private readonly LogWriter _log;
    private readonly SegmentSupply _supply;
    private readonly Reclaimer _reclaimer;
    private readonly KvStoreOptions _options;
    private readonly Action _onCommit;
    private readonly TimeSpan _interval;
    private readonly List<Segment> _written = [];
    private readonly Thread _thread;

    // Held by whoever ends an epoch and commits: the thread, or a writer that nobody else waits with.
    private readonly object _turn = new();
    private int _waitingWriters;

    // Work for the thread; guarded by _work.
    private readonly object _work = new();
    private ulong _wanted;
    private bool _isCommitDue;
    private bool _isIntervalWanted;
    private bool _isStopping;

    // Of whoever has the turn: the last epoch that ended durable, and the last that has a commit record. An epoch in
    // which nothing was written has none, and recovery can only look for those that have.
    private ulong _committed;
    private ulong _recorded;

    // When the last epoch was ended that was to be made durable. Not when its sync was done: a write that is made
    // during the sync is in the next epoch, and has waited since.
    private long _lastEnd = Stopwatch.GetTimestamp();

    internal GroupCommit(EpochGate gate, LogWriter log, SegmentSupply supply, Reclaimer reclaimer,
        KvStoreOptions options, Action onCommit)
    {
        _durable = new DurableEpoch(gate, reclaimer);
        _makeDurable = MakeDurable;
        _log = log;
        _supply = supply;
        _reclaimer = reclaimer;
        _options = options;
        _onCommit = onCommit;
        Figures = new CommitFigures(options.Events.Store);
        _committed = _recorded = _durable.Value;
        _interval = options.Durability == Durability.Process || options.SyncInterval > s_longestInterval
            ? s_longestInterval
            : options.SyncInterval;
        reclaimer.TellWhenUrgent(WakeUp);
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs commit" };
        _thread.Start();
    }

    /// <summary>All writes stamped up to this epoch are on disk.</summary>
    internal ulong DurableEpoch => _durable.Value;

    /// <summary>What the thread counts.</summary>
    internal CommitFigures Figures { get; }

    /// <summary>Why the store takes no more writes; null while it does.</summary>
    internal KvsWriteException? Poisoned => _durable.Poison;

    /// <summary>Stops all writes for good, because a sync has failed, or because what it was to keep is not as it was
    /// written.</summary>
    internal void PoisonWith(Exception failure) => Poison(failure is KvsDamageException
        ? failure.Message
        : $"A sync failed, and what was written since the one before may be lost: {failure.Message} Check the disk.",
        failure);

    /// <summary>Stops all writes for good.</summary>
    internal void Poison(string reason, Exception failure)
    {
        var poison = new KvsWriteException(
            $"{reason} The store takes no more writes until it is opened again; reads go on.", isFinal: true, failure);
        bool isFirst = _durable.TryPoison(poison);
        _onCommit();
        if (isFirst)
        {
            _options.Events.Poisoned(poison.Message);
        }
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
        if (_options.Durability == Durability.Disk)
        {
            SystemThreads.TryMakeUrgent();
        }

        bool isStopping = false;
        while (!isStopping)
        {
            isStopping = WaitForWork();
            bool isIntervalOver = Stopwatch.GetElapsedTime(_lastEnd) >= PresentInterval;
            lock (_turn)
            {
                if (isStopping || isIntervalOver || IsWanted())
                {
                    EndAndCommit();
                }
                else
                {
                    _ = _durable.EndPresent();
                }
            }
        }

        // In a turn, which no writer has after this: its commit would go on while the files are closed.
        lock (_turn)
        {
            _durable.Stop();
        }
    }

    /// <summary>How long a write may wait for its commit now.</summary>
    private TimeSpan PresentInterval =>
        Volatile.Read(ref _isIntervalWanted) ? Min(_interval, _options.SyncInterval) : _interval;

    /// <summary>Returns when there is something to do; true when it is to be the last.</summary>
    private bool WaitForWork()
    {
        lock (_work)
        {
            while (!_isStopping && !IsWanted() && !_reclaimer.IsUrgent)
            {
                TimeSpan interval = PresentInterval;
                TimeSpan left = interval - Stopwatch.GetElapsedTime(_lastEnd);
                if (left <= TimeSpan.Zero)
                {
                    if (_log.HasWritesAfter(_committed))
                    {
                        break;
                    }

                    // Nothing to commit: look again when the next write may have waited for the interval.
                    left = interval;
                }

                _ = Monitor.Wait(_work, Min(left, interval) + TimeSpan.FromMilliseconds(1));
            }

            return _isStopping;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private bool IsWanted()
    {
        lock (_work)
        {
            return _isCommitDue || (_wanted > DurableEpoch && Poisoned is null);
        }
    }

    /// <summary>Ends the present epoch and makes it durable. Only by whoever has the turn.</summary>
    private void EndAndCommit()
    {
        // Before the epoch ends: a wish that comes from now on may be for a write that is stamped with the next one.
        lock (_work)
        {
            _isCommitDue = false;
            Volatile.Write(ref _isIntervalWanted, false);
        }

        _lastEnd = Stopwatch.GetTimestamp();
        ulong ended = _durable.EndPresent();
        if (Poisoned is not null)
        {
            return;
        }

        try
        {
            _durable.Commit(ended, _makeDurable);
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

            Fail(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PoisonWith(e);
        }
    }

    private void MakeDurable(ulong ended)
    {
        if (_log.HasWritesAfter(_committed))
        {
            long start = Stopwatch.GetTimestamp();
            Sync(ended);
            _recorded = ended;
            Figures.CountCommit(start, _log.WrittenBytes);
        }
        else
        {
            // All that was stamped meanwhile is the last commit record, which was synced with what it covers.
            _written.ForEach(segment => segment.SyncedEpoch = ended);
        }

        // Whoever drops a segment waits for its last epoch alone: its file may be gone once the epoch is durable.
        _ = _written.RemoveAll(segment =>
            segment.IsFull && segment.OpenChunks == 0 && segment.LastEpoch != 0 &&
            segment.LastEpoch <= segment.SyncedEpoch);

        _committed = ended;
    }

    private unsafe void Sync(ulong ended)
    {
        LanePlace[] places = _log.PlacesAfter(ended);
        Room room;
        for (long made = _supply.Made; !_log.TryTakeCommit(places.Length, out room); made = _supply.Made)
        {
            _supply.WaitUntilReady(made, isFirst: true);
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

                long start = Stopwatch.GetTimestamp();
                segment.File.Sync();
                Figures.CountSync(start);
                segment.SyncedEpoch = ended;
            }
        }
    }
}
