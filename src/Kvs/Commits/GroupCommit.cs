using System.Diagnostics;
using System.Runtime.CompilerServices;
using Kvs.Epochs;
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
    private bool _isIntervalWanted;
    private bool _isStopping;

    // What the thread has done; guarded by _done for writing.
    private readonly object _done = new();
    private ulong _durable;
    private long _failedAttempts;
    private bool _hasStopped;
    private KvsWriteException? _lastFailure;
    private KvsWriteException? _poison;
    private readonly List<(ulong Epoch, TaskCompletionSource Waiter)> _waiters = [];

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
        Figures = new CommitFigures(options.Events.Store);
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

    /// <summary>What the thread counts.</summary>
    internal CommitFigures Figures { get; }

    /// <summary>Why the store takes no more writes; null while it does.</summary>
    internal KvsWriteException? Poisoned => Volatile.Read(ref _poison);

    /// <summary>Throws where the store takes no more writes.</summary>
    internal void ThrowIfPoisoned()
    {
        if (Poisoned is { } poison)
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
        Want(epoch);
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

    private void Want(ulong epoch)
    {
        lock (_work)
        {
            if (_wanted < epoch)
            {
                _wanted = epoch;
                Monitor.Pulse(_work);
            }
        }
    }

    private void WantInterval()
    {
        lock (_work)
        {
            _isIntervalWanted = true;
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

    /// <summary>The same as <see cref="WaitUntilDurable"/> without holding a thread.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="cancellation">Ends the waiting, not the sync.</param>
    internal ValueTask WaitUntilDurableAsync(ulong epoch, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellation);
        }

        if (DurableEpoch >= epoch)
        {
            return ValueTask.CompletedTask;
        }

        // Listed before the wish is made: an attempt that fails from now on is an answer to it.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_done)
        {
            if (_durable >= epoch)
            {
                return ValueTask.CompletedTask;
            }

            if (_poison is not null)
            {
                return ValueTask.FromException(new KvsWriteException(_poison.Message, isFinal: true, _poison));
            }

            ObjectDisposedException.ThrowIf(_hasStopped, typeof(KvStore));
            _waiters.Add((epoch, waiter));
        }

        Want(epoch);
        return new ValueTask(waiter.Task.WaitAsync(cancellation));
    }

    /// <summary>Lets the thread commit within <see cref="KvStoreOptions.SyncInterval"/>, also where the store's own
    /// level would take longer; waits for nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CommitWithinInterval()
    {
        if (!Volatile.Read(ref _isIntervalWanted))
        {
            WantInterval();
        }
    }

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
        bool isFirst;
        lock (_done)
        {
            isFirst = _poison is null;
            _poison ??= poison;
        }

        Fail(poison);
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
        long lastCommit = Stopwatch.GetTimestamp();
        bool isStopping = false;
        while (!isStopping)
        {
            isStopping = WaitForWork(lastCommit);
            bool isIntervalOver = Stopwatch.GetElapsedTime(lastCommit) >= PresentInterval;
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

        EndWaiters(_poison ?? _lastFailure ?? new KvsWriteException("The store was closed.", isFinal: true));
    }

    /// <summary>How long a write may wait for its commit now.</summary>
    private TimeSpan PresentInterval =>
        Volatile.Read(ref _isIntervalWanted) ? Min(_interval, _options.SyncInterval) : _interval;

    /// <summary>Returns when there is something to do; true when it is to be the last.</summary>
    private bool WaitForWork(long lastCommit)
    {
        lock (_work)
        {
            while (!_isStopping && !IsWanted() && !_reclaimer.IsUrgent)
            {
                TimeSpan interval = PresentInterval;
                TimeSpan left = interval - Stopwatch.GetElapsedTime(lastCommit);
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

    private void TryCommit(ulong ended)
    {
        lock (_work)
        {
            _isCommitDue = false;

            // A write that asks for the interval from now on may be stamped later than what is committed.
            Volatile.Write(ref _isIntervalWanted, false);
        }

        if (Poisoned is not null)
        {
            return;
        }

        try
        {
            if (_log.HasWritesAfter(_committed))
            {
                long start = Stopwatch.GetTimestamp();
                Commit(ended);
                _recorded = ended;
                Figures.CountCommit(start, _log.WrittenBytes);
            }

            _committed = ended;
            lock (_done)
            {
                Volatile.Write(ref _durable, ended);
                Monitor.PulseAll(_done);
            }

            EndWaiters(failure: null);
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

    private void Fail(KvsWriteException failure)
    {
        lock (_done)
        {
            _lastFailure = failure;
            _failedAttempts++;
            Monitor.PulseAll(_done);
        }

        EndWaiters(failure);
        _onCommit();
    }

    /// <summary>Tells those who wait without a thread: of a failure all of them, else those whose epoch is durable.
    /// </summary>
    private void EndWaiters(KvsWriteException? failure)
    {
        List<(ulong Epoch, TaskCompletionSource Waiter)> ended;
        lock (_done)
        {
            ended = _waiters.FindAll(waiter => failure is not null || waiter.Epoch <= _durable);
            _ = _waiters.RemoveAll(waiter => failure is not null || waiter.Epoch <= _durable);
        }

        foreach ((ulong epoch, TaskCompletionSource waiter) in ended)
        {
            if (failure is null || epoch <= DurableEpoch)
            {
                waiter.SetResult();
            }
            else
            {
                waiter.SetException(new KvsWriteException(failure.Message, failure.IsFinal, failure));
            }
        }
    }

    private unsafe void Commit(ulong ended)
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

        _written.RemoveAll(segment =>
            segment.IsFull && segment.OpenChunks == 0 && segment.LastEpoch != 0 &&
            segment.LastEpoch <= segment.SyncedEpoch);
    }
}
