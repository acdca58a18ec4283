using Kvs.Concurrency;
using Kvs.Epochs;

namespace Kvs.Testing.Schedules;

/// <summary>Lets a schedule decide at each place which thread goes on. Outside of a schedule, where a scenario is set
/// up and checked, the plain operations.</summary>
public readonly unsafe struct Scheduled : ISchedule
{
    /// <summary>What threads share is about to be looked at or changed: another one may go on.</summary>
    public static void Reach()
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.Reach(me);
        }
    }

    /// <summary>The same for memory that goes with <paramref name="owner"/>.</summary>
    /// <exception cref="InvalidOperationException">It was freed.</exception>
    public static void Reach(object owner)
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.Reach(me, owner);
        }
    }

    /// <summary>From now on, until the schedule has ended, nobody may look at what goes with
    /// <paramref name="owner"/>.</summary>
    public static void MarkFreed(object owner) => ScheduledThread.Current?.Group.MarkFreed(owner);

    /// <summary>Once round in a loop that waits for another thread.</summary>
    public static void Spin()
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.Spin(me);
        }
    }

    /// <summary>All that the calling thread has stored is seen by all from now on.</summary>
    public static void PassBarrier()
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.PassBarrier(me);
        }
    }

    static void ISchedule.Reach() => Reach();

    static void ISchedule.Reach(object owner) => Reach(owner);

    static void ISchedule.ReachMonitor()
    {
        Reach();
        PassBarrier();
    }

    /// <summary>An epoch may be shown late; that it was left is seen at once, because the thread's own next entry looks
    /// at the slot.</summary>
    static void ISchedule.Show(EpochSlot slot, ulong epoch)
    {
        if (epoch != EpochSlot.Idle && ScheduledThread.Current is { } me)
        {
            me.Group.Store(me, () => Volatile.Write(ref slot.Epoch, epoch));
        }
        else
        {
            PassBarrier();
            Volatile.Write(ref slot.Epoch, epoch);
            ScheduledThread.Current?.Group.LetSpinnersLook();
        }
    }

    static void ISchedule.Store(ulong* word, ulong value)
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.Store(me, () => Volatile.Write(ref *word, value));
        }
        else
        {
            *word = value;
        }
    }

    static void ISchedule.Store(Action store)
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.Store(me, store);
        }
        else
        {
            store();
        }
    }

    static void ISchedule.PassBarrier() => PassBarrier();

    static void ISchedule.PassBarrierEverywhere() => ScheduledThread.Current?.Group.PassBarrierEverywhere();

    static void ISchedule.Spin(ref SpinWait spinner) => Spin();

    static void ISchedule.Enter(ref InlineLock inlineLock)
    {
        Reach();
        PassBarrier();
        while (!inlineLock.TryEnter())
        {
            Spin();
        }
    }

    static void ISchedule.Exit(ref InlineLock inlineLock)
    {
        Reach();
        PassBarrier();
        inlineLock.Exit();
    }

    static void ISchedule.WaitWhile(WakeSignal signal, int generation)
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.WaitWhile(me, signal, generation);
        }
        else
        {
            signal.WaitWhile(generation);
        }
    }

    static void ISchedule.WakeAll(WakeSignal signal)
    {
        if (ScheduledThread.Current is { } me)
        {
            me.Group.WakeAll(me, signal);
        }
        else
        {
            signal.WakeAll();
        }
    }

    /// <summary>Memory of a table stays until the schedule has ended, so that whoever looks at it too late is found out
    /// instead of crashing; anything else is done at once.</summary>
    static void ISchedule.Free(IDisposable thing)
    {
        if (thing is Index.IndexTable && ScheduledThread.Current is { } me)
        {
            me.Group.FreeLater(thing);
        }
        else
        {
            thing.Dispose();
        }
    }
}
