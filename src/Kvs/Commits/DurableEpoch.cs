using Kvs.Concurrency;
using Kvs.Epochs;

namespace Kvs.Commits;

/// <summary>
/// How far the store is on disk, and those who wait for it to be further: the order of steps in which an epoch ends,
/// becomes durable, and is called durable.
/// </summary>
/// <remarks>
/// Thread-safe; <see cref="EndPresent"/> and <see cref="Commit"/> by one thread at a time. What waiting threads look at
/// is changed under one monitor; <see cref="Value"/> and <see cref="Poison"/> are read without it. Invariants:
/// (1) <see cref="Value"/> is raised to an epoch only after everybody had left it and what was stamped up to it had
/// been made durable without an error;
/// (2) once it is poisoned it is never raised again.
/// </remarks>
/// <typeparam name="TSchedule">Who decides which thread goes on at each access to what threads share.</typeparam>
internal sealed class DurableEpoch<TSchedule>
    where TSchedule : struct, ISchedule
{
    private readonly EpochGate<TSchedule> _gate;
    private readonly Reclaimer<TSchedule> _reclaimer;
    private readonly object _monitor = new();
    private readonly WakeSignal _news = new();
    private readonly List<(ulong Epoch, Action<Exception?> Tell)> _waiters = [];
    private ulong _value;
    private long _failedAttempts;
    private bool _hasStopped;
    private KvsWriteException? _lastFailure;
    private KvsWriteException? _poison;

    /// <summary>Begins with all epochs before the present one durable.</summary>
    internal DurableEpoch(EpochGate<TSchedule> gate, Reclaimer<TSchedule> reclaimer)
    {
        _gate = gate;
        _reclaimer = reclaimer;
        _value = gate.Current - 1;
    }

    /// <summary>All writes stamped up to this epoch are on disk. Acquire: pairs with the release in
    /// <see cref="Commit"/>.</summary>
    internal ulong Value
    {
        get
        {
            TSchedule.Reach();
            return Volatile.Read(ref _value);
        }
    }

    /// <summary>Why the store takes no more writes; null while it does.</summary>
    internal KvsWriteException? Poison => Volatile.Read(ref _poison);

    /// <summary>What has stopped it from being raised: <see cref="Poison"/>, or else the last attempt that failed.
    /// </summary>
    internal KvsWriteException? Failure => Poison ?? Volatile.Read(ref _lastFailure);

    /// <summary>How many attempts have failed so far. Read before a commit is wished for: an attempt that fails from
    /// then on is an answer to the wish.</summary>
    internal long FailedAttempts => Volatile.Read(ref _failedAttempts);

    /// <summary>Throws where the store takes no more writes.</summary>
    internal void ThrowIfPoisoned()
    {
        if (Poison is { } poison)
        {
            throw new KvsWriteException(poison.Message, isFinal: true, poison);
        }
    }

    /// <summary>Ends the present epoch, waits until nobody is left in it, and frees what nobody can see any more.
    /// Returns the epoch that ended: what is stamped with it, or earlier, is complete in the log.</summary>
    internal ulong EndPresent()
    {
        ulong ended = _gate.Advance();
        _gate.WaitUntilLeft(ended);
        _reclaimer.Collect(ended);
        return ended;
    }

    /// <summary>Makes an epoch that has ended durable, and then tells those who wait for it.</summary>
    /// <param name="ended">What <see cref="EndPresent"/> has returned.</param>
    /// <param name="makeDurable">Brings all that is stamped up to it to the disk, or throws.</param>
    internal void Commit(ulong ended, Action<ulong> makeDurable)
    {
        makeDurable(ended);
        TSchedule.ReachMonitor();
        lock (_monitor)
        {
            // Release: whoever reads it without the monitor comes behind the sync.
            Volatile.Write(ref _value, ended);
            _news.Advance();
        }

        TSchedule.WakeAll(_news);

        EndWaiters(failure: null);
    }

    /// <summary>Returns when all that is stamped up to an epoch is on disk. The caller has left its epoch.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="failedBefore"><see cref="FailedAttempts"/>, read before a commit was wished for.</param>
    /// <exception cref="KvsWriteException">An attempt has failed.</exception>
    internal void Wait(ulong epoch, long failedBefore)
    {
        while (Value < epoch)
        {
            int generation;
            TSchedule.ReachMonitor();
            lock (_monitor)
            {
                if (_value >= epoch)
                {
                    return;
                }

                ThrowIfPoisoned();
                if ((_failedAttempts != failedBefore || _hasStopped) && _lastFailure is { } failure)
                {
                    throw new KvsWriteException(failure.Message, isFinal: false, failure);
                }

                generation = _news.Generation;
            }

            TSchedule.WaitWhile(_news, generation);
        }
    }

    /// <summary>The same without holding a thread: has somebody told when the epoch is on disk, or why it is not. To be
    /// called before a commit is wished for: an attempt that fails from then on is an answer to the wish.</summary>
    /// <returns>False, and nobody is told, where it is on disk already.</returns>
    /// <exception cref="KvsWriteException">The store takes no more writes.</exception>
    /// <exception cref="ObjectDisposedException">The store was closed.</exception>
    internal bool TryList(ulong epoch, Action<Exception?> tell)
    {
        lock (_monitor)
        {
            if (_value >= epoch)
            {
                return false;
            }

            ThrowIfPoisoned();
            ObjectDisposedException.ThrowIf(_hasStopped, typeof(KvStore));
            _waiters.Add((epoch, tell));
            return true;
        }
    }

    /// <summary>Tells all who wait that an attempt has failed.</summary>
    internal void Fail(KvsWriteException failure)
    {
        lock (_monitor)
        {
            _lastFailure = failure;
            _failedAttempts++;
            _news.Advance();
        }

        TSchedule.WakeAll(_news);

        EndWaiters(failure);
    }

    /// <summary>Takes no more writes from now on, for a reason. False when that was so already.</summary>
    internal bool TryPoison(KvsWriteException poison)
    {
        bool isFirst;
        lock (_monitor)
        {
            isFirst = _poison is null;
            _poison ??= poison;
        }

        Fail(poison);
        return isFirst;
    }

    /// <summary>Makes no further attempt: whoever waits now has the last one's result, durable or why not.</summary>
    internal void Stop()
    {
        lock (_monitor)
        {
            _hasStopped = true;
            _news.Advance();
        }

        TSchedule.WakeAll(_news);

        EndWaiters(Failure ?? new KvsWriteException("The store was closed.", isFinal: true));
    }

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    internal bool HasStopped => Volatile.Read(ref _hasStopped);

    /// <summary>Tells those who wait without a thread: of a failure all of them, else those whose epoch is durable.
    /// </summary>
    private void EndWaiters(KvsWriteException? failure)
    {
        List<(ulong Epoch, Action<Exception?> Tell)> ended;
        lock (_monitor)
        {
            ended = _waiters.FindAll(waiter => failure is not null || waiter.Epoch <= _value);
            _ = _waiters.RemoveAll(waiter => failure is not null || waiter.Epoch <= _value);
        }

        foreach ((ulong epoch, Action<Exception?> tell) in ended)
        {
            tell(failure is null || epoch <= Value
                ? null
                : new KvsWriteException(failure.Message, failure.IsFinal, failure));
        }
    }
}
