using Kvs.Concurrency;

namespace Kvs.Testing.Schedules;

/// <summary>
/// Threads of which one at a time runs, and that run one schedule after the other. Who goes on is decided by random
/// priorities that change at a few random places: a bug that needs d places in a certain order is found, in each
/// schedule, with at least the probability 1 / (threads * steps^(d-1)) (Burckhardt et al., "A Randomized Scheduler with
/// Probabilistic Guarantees of Finding Bugs", 2010). Stores may stay in the buffer of their thread as long as no
/// barrier is passed, as x86 does it (Sewell et al., "x86-TSO", 2010).
/// </summary>
/// <remarks>
/// All state belongs to the thread whose turn it is, and goes to the next one with the baton. The thread that ends last
/// checks the schedule and begins the next one, so that a schedule costs no more hand-overs than it has switches.
/// </remarks>
internal sealed class ScheduledThreads : IDisposable
{
    private const int MostChanges = 5;
    private const int MostSteps = 100_000;
    private const int MostSpinSteps = 16;
    private const int MostIdleTurns = 1_000;

    /// <summary>In how many steps one of the stores is seen that nobody has seen yet: another number in each schedule,
    /// and in half of them none waits at all.</summary>
    private static readonly int[] s_storePatience = [0, 0, 0, 4, 64, 1024];

    private readonly ScheduleScenario _scenario;
    private readonly Func<int?> _takeSeed;
    private readonly int _processor;
    private readonly ScheduledThread[] _threads;
    private readonly Thread[] _systemThreads;
    private readonly ScheduleRandom _random = new();
    private readonly long[] _changes = new long[MostChanges];
    private readonly HashSet<object> _freed = new(ReferenceEqualityComparer.Instance);
    private readonly List<IDisposable> _toDispose = [];
    private int _seed;
    private long _step;
    private long _nextEvent;
    private int _nextChange;
    private int _idleTurns;
    private int _delayedStores;
    private int _storePatience;
    private bool _isAborting;
    private bool _isOver;

    internal ScheduledThreads(ScheduleScenario scenario, Func<int?> takeSeed, int processor)
    {
        _scenario = scenario;
        _takeSeed = takeSeed;
        _processor = processor;
        _threads = [.. Enumerable.Range(0, scenario.Threads).Select(i => new ScheduledThread(this, i))];
        _systemThreads = [.. _threads.Select(thread =>
            new Thread(() => RunSchedules(thread)) { IsBackground = true, Name = $"schedule {thread.Number}" })];
    }

    internal long Schedules { get; private set; }

    internal long Steps { get; private set; }

    internal long Switches { get; private set; }

    /// <summary>What went wrong, and the seed of the schedule in which it did.</summary>
    internal (int Seed, Exception Cause)? Failure { get; private set; }

    /// <summary>Runs schedules until there is no further seed, or one has failed.</summary>
    internal void Run()
    {
        if (!TryBegin())
        {
            return;
        }

        Array.ForEach(_systemThreads, thread => thread.Start());
        Best().Baton.Pass();
        Array.ForEach(_systemThreads, thread => thread.Join());
    }

    public void Dispose()
    {
        Array.ForEach(_threads, thread => thread.Baton.Dispose());
        (_scenario as IDisposable)?.Dispose();
    }

    /// <summary>A place was reached: another thread may go on.</summary>
    internal void Reach(ScheduledThread me)
    {
        if (me.IsUnwinding)
        {
            return;
        }

        _step++;
        _idleTurns = 0;
        if (_delayedStores > 0 && _random.OnceIn(_storePatience))
        {
            SeeOneStore();
        }

        if (_step >= _nextEvent)
        {
            GoOn(me);
        }
    }

    /// <summary>The same for memory that goes with something, which must not be freed.</summary>
    internal void Reach(ScheduledThread me, object owner)
    {
        Reach(me);
        if (!me.IsUnwinding && _freed.Contains(owner))
        {
            throw new InvalidOperationException(
                $"Thread {me.Number} looks at what was freed, of type {owner.GetType().Name}.");
        }
    }

    /// <summary>A thread waits for another one's store.</summary>
    internal void Spin(ScheduledThread me)
    {
        me.State = ScheduledState.Spinning;
        me.WakeAt = _step + 1 + _random.Next(MostSpinSteps);
        _nextEvent = Math.Min(_nextEvent, me.WakeAt);
        SwitchFrom(me);
    }

    internal void WaitWhile(ScheduledThread me, WakeSignal signal, int generation)
    {
        Reach(me);
        if (signal.Generation == generation)
        {
            me.State = ScheduledState.Waiting;
            me.Signal = signal;
            SwitchFrom(me);
        }
    }

    internal void WakeAll(ScheduledThread me, WakeSignal signal)
    {
        Reach(me);
        foreach (ScheduledThread thread in _threads)
        {
            if (thread.State == ScheduledState.Waiting && thread.Signal == signal)
            {
                thread.State = ScheduledState.Ready;
                _nextEvent = _step + 1;
            }
        }
    }

    /// <summary>Makes a store, now or later.</summary>
    internal void Store(ScheduledThread me, Action store)
    {
        if (_storePatience > 0)
        {
            me.Stores.Enqueue(store);
            _delayedStores++;
        }
        else
        {
            store();
        }
    }

    /// <summary>All that a thread has stored is seen from now on.</summary>
    internal void PassBarrier(ScheduledThread me)
    {
        while (me.Stores.TryDequeue(out Action? store))
        {
            _delayedStores--;
            store();
        }
    }

    internal void PassBarrierEverywhere()
    {
        if (_delayedStores > 0)
        {
            Array.ForEach(_threads, PassBarrier);
        }
    }

    /// <summary>What somebody spins for may have come.</summary>
    internal void LetSpinnersLook()
    {
        foreach (ScheduledThread thread in _threads)
        {
            if (thread.State == ScheduledState.Spinning)
            {
                thread.WakeAt = _step;
                _nextEvent = _step + 1;
            }
        }
    }

    /// <summary>From now on nobody may look at a thing.</summary>
    internal void MarkFreed(object thing) => _freed.Add(thing);

    /// <summary>The same, and its memory goes when the schedule has ended.</summary>
    internal void FreeLater(IDisposable thing)
    {
        MarkFreed(thing);
        _toDispose.Add(thing);
    }

    private void RunSchedules(ScheduledThread me)
    {
        Baton.StayOnProcessor(_processor);
        me.Baton.Await();
        while (!_isOver)
        {
            try
            {
                if (!_isAborting)
                {
                    ScheduledThread.Current = me;
                    _scenario.Run(me.Number);
                }
            }
            catch (Exception e)
            {
                Abort(e);
            }
            finally
            {
                ScheduledThread.Current = null;
            }

            EndTurns(me);
        }
    }

    /// <summary>A thread has done all that it had to in this schedule: hands the baton on, and waits for the next one.
    /// </summary>
    private void EndTurns(ScheduledThread me)
    {
        me.State = ScheduledState.Ended;
        PassBarrier(me);
        LetSpinnersLook();
        if (Array.TrueForAll(_threads, thread => thread.State == ScheduledState.Ended))
        {
            Finish();
            if (!TryBegin())
            {
                _isOver = true;
                Array.ForEach(_threads, thread => thread.Baton.Pass());
                return;
            }
        }

        ScheduledThread next = Next();
        if (next != me)
        {
            next.Baton.Pass();
            me.Baton.Await();
        }
    }

    private bool TryBegin()
    {
        if (Failure is not null || _takeSeed() is not { } seed)
        {
            return false;
        }

        _seed = seed;
        _random.Restart(seed);
        _scenario.Begin(_random);
        _step = 0;
        _nextChange = 0;
        _idleTurns = 0;
        _storePatience = s_storePatience[_random.Next(s_storePatience.Length)];
        int changes = _random.Next(MostChanges + 1);
        for (int i = 0; i < MostChanges; i++)
        {
            _changes[i] = i < changes ? 1 + _random.Next(_scenario.Steps) : long.MaxValue;
        }

        Array.Sort(_changes);
        foreach (ScheduledThread thread in _threads)
        {
            thread.State = ScheduledState.Ready;
            thread.IsUnwinding = false;
            thread.Priority = 1 + _random.Next(1 << 20);
        }

        _nextEvent = _changes[0];
        return true;
    }

    private void Finish()
    {
        try
        {
            if (Failure is null)
            {
                _scenario.End();
            }
        }
        catch (Exception e)
        {
            Failure = (_seed, e);
        }

        _freed.Clear();
        _toDispose.ForEach(thing => thing.Dispose());
        _toDispose.Clear();
        Schedules++;
        Steps += _step;
    }

    /// <summary>Priorities may change, and those who spin may look again.</summary>
    private void GoOn(ScheduledThread me)
    {
        if (_step > MostSteps)
        {
            throw new InvalidOperationException($"The schedule has not ended after {MostSteps} steps.");
        }

        while (_nextChange < MostChanges && _changes[_nextChange] <= _step)
        {
            // Below all that the threads began with.
            me.Priority = -_random.Next(1 << 20);
            _nextChange++;
        }

        SwitchFrom(me);
    }

    private void SwitchFrom(ScheduledThread me)
    {
        ScheduledThread next = Next();
        if (next != me)
        {
            Switches++;
            next.Baton.Pass();
            me.Baton.Await();
        }

        if (_isAborting)
        {
            me.IsUnwinding = true;
            throw new OperationCanceledException("The schedule has failed.");
        }
    }

    /// <summary>Who goes on. Time passes where everybody spins; where nobody can go on, the schedule has
    /// failed.</summary>
    private ScheduledThread Next()
    {
        _nextEvent = _nextChange < MostChanges ? _changes[_nextChange] : long.MaxValue;
        foreach (ScheduledThread thread in _threads)
        {
            if (thread.State == ScheduledState.Spinning)
            {
                if (thread.WakeAt <= _step)
                {
                    thread.State = ScheduledState.Ready;
                }
                else
                {
                    _nextEvent = Math.Min(_nextEvent, thread.WakeAt);
                }
            }
        }

        _nextEvent = Math.Min(_nextEvent, MostSteps + 1);
        ScheduledThread best = Best();
        if (best.State == ScheduledState.Ready)
        {
            return best;
        }

        // Whatever was stored is seen at some time, and then those who spin look again.
        PassBarrierEverywhere();
        if (best.State != ScheduledState.Spinning || ++_idleTurns > MostIdleTurns)
        {
            Abort(new InvalidOperationException("All threads wait, and none can go on."));
            best = Best();
        }

        best.State = ScheduledState.Ready;
        return best;
    }

    /// <summary>The one with the highest priority of those that can go on; where there is none, the one that has been
    /// spinning for longest.</summary>
    private ScheduledThread Best()
    {
        ScheduledThread best = _threads[0];
        foreach (ScheduledThread thread in _threads)
        {
            bool isBetter = thread.State < best.State ||
                (thread.State == best.State && (thread.State == ScheduledState.Spinning
                    ? thread.WakeAt < best.WakeAt
                    : thread.Priority > best.Priority));
            best = isBetter ? thread : best;
        }

        return best;
    }

    /// <summary>Lets all threads leave the schedule.</summary>
    private void Abort(Exception cause)
    {
        Failure ??= (_seed, cause);
        _isAborting = true;
        foreach (ScheduledThread thread in _threads)
        {
            thread.State = thread.State == ScheduledState.Ended ? ScheduledState.Ended : ScheduledState.Ready;
        }
    }

    private void SeeOneStore()
    {
        int first = _random.Next(_threads.Length);
        for (int i = 0; i < _threads.Length; i++)
        {
            if (_threads[(first + i) % _threads.Length].Stores.TryDequeue(out Action? store))
            {
                _delayedStores--;
                store();
                return;
            }
        }
    }
}
