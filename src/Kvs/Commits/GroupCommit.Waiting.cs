using System.Runtime.CompilerServices;

namespace Kvs.Commits;

/// <content>How writers wait for a commit, and how they are told.</content>
internal sealed partial class GroupCommit
{
    /// <summary>Throws where the store takes no more writes.</summary>
    internal void ThrowIfPoisoned() => _durable.ThrowIfPoisoned();

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
        long failedBefore = _durable.FailedAttempts;
        try
        {
            if (!TryCommitHere(epoch))
            {
                Want(epoch);
            }

            _durable.Wait(epoch, failedBefore);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _waitingWriters);
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

        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return TryTellWhenDurable(epoch, failure => End(waiter, failure))
                ? new ValueTask(waiter.Task.WaitAsync(cancellation))
                : ValueTask.CompletedTask;
        }
        catch (KvsWriteException e)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>The same by a call on the thread that commits. False, and nothing is called, where the epoch is durable
    /// already.</summary>
    /// <exception cref="KvsWriteException">The store takes no more writes; nothing is called.</exception>
    /// <exception cref="ObjectDisposedException">The store was closed; nothing is called.</exception>
    internal bool TryTellWhenDurable(ulong epoch, Action<Exception?> tell)
    {
        // Listed before the wish is made: an attempt that fails from now on is an answer to it.
        if (DurableEpoch >= epoch || !_durable.TryList(epoch, tell))
        {
            return false;
        }

        Want(epoch);
        return true;
    }

    private static void End(TaskCompletionSource waiter, Exception? failure)
    {
        if (failure is null)
        {
            waiter.SetResult();
        }
        else
        {
            waiter.SetException(failure);
        }
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
            if (!_durable.HasStopped && DurableEpoch < epoch)
            {
                EndAndCommit();
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
        _durable.Fail(failure);
        _onCommit();
    }
}
