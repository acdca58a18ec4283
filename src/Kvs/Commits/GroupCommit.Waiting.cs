using System.Runtime.CompilerServices;

namespace Kvs.Commits;

/// <content>How writers wait for a commit, and how they are told.</content>
internal sealed partial class GroupCommit
{
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
        try
        {
            if (!TryCommitHere(epoch))
            {
                Want(epoch);
            }

            WaitUntilDone(epoch, failedBefore);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _waitingWriters);
        }
    }

    private void WaitUntilDone(ulong epoch, long failedBefore)
    {
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

    /// <summary>
    /// Commits on the calling thread, if nobody else commits or waits: waking the thread, and being woken by it, takes
    /// about as long as a third of a sync. False when nothing was done.
    /// </summary>
    private bool TryCommitHere(ulong epoch)
    {
        if (Interlocked.Increment(ref _waitingWriters) > 1 || !Monitor.TryEnter(_turn))
        {
            return false;
        }

        try
        {
            if (!_hasStopped && DurableEpoch < epoch)
            {
                _ = TakeWishes(isDue: true);
                TryCommit(EndEpoch());
            }

            return true;
        }
        finally
        {
            Monitor.Exit(_turn);
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
}
