using Kvs.Concurrency;

namespace Kvs.Testing.Schedules;

/// <summary>A thread of a schedule: it runs only when it is its turn.</summary>
internal sealed class ScheduledThread(ScheduledThreads group, int number)
{
    [ThreadStatic]
    private static ScheduledThread? t_current;

    /// <summary>The thread that is calling; null outside of a schedule.</summary>
    internal static ScheduledThread? Current
    {
        get => t_current;
        set => t_current = value;
    }

    internal ScheduledThreads Group => group;

    internal int Number => number;

    internal Baton Baton { get; } = new();

    internal ScheduledState State { get; set; }

    /// <summary>Of those that can go on, the one with the highest does.</summary>
    internal int Priority { get; set; }

    /// <summary>The step from which on it looks again at what it spins for.</summary>
    internal long WakeAt { get; set; }

    /// <summary>The signal that it waits for.</summary>
    internal WakeSignal? Signal { get; set; }

    /// <summary>Stores that the thread has made and nobody else sees yet, as in a processor's store buffer.</summary>
    internal Queue<Action> Stores { get; } = new();

    /// <summary>Whether it is on its way out of a schedule that has failed.</summary>
    internal bool IsUnwinding { get; set; }
}
