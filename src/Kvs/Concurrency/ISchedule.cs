using Kvs.Epochs;

namespace Kvs.Concurrency;

/// <summary>
/// The places at which code without locks touches what threads share, named so that a test can decide there which
/// thread goes on, and how long a store stays in its processor's buffer. The store runs with
/// <see cref="Unscheduled"/>, whose members are the plain operation or nothing, and which the JIT compiles away: it is
/// a struct, so each type with this parameter is compiled for it alone.
/// </summary>
/// <remarks>
/// Code that takes such a parameter follows two rules: <see cref="Reach()"/> or another member stands in front of each
/// single load or store of a shared word, and none is called while a monitor is held (but those for monitors), so that
/// what a monitor guards is one step.
/// </remarks>
internal unsafe interface ISchedule
{
    /// <summary>A word that threads share is about to be loaded or stored.</summary>
    static abstract void Reach();

    /// <summary>The same for memory that goes with <paramref name="owner"/>, which must not have been freed.</summary>
    static abstract void Reach(object owner);

    /// <summary>A monitor is about to be taken, which is a full barrier.</summary>
    static abstract void ReachMonitor();

    /// <summary>Stores an epoch into the calling thread's slot. A release store and no more: what the thread loads
    /// afterwards may overtake it, up to the next barrier.</summary>
    static abstract void Show(EpochSlot slot, ulong epoch);

    /// <summary>Stores a word of a table; a release store and no more.</summary>
    static abstract void Store(ulong* word, ulong value);

    /// <summary>Makes a store that is rare enough for a delegate; a release store and no more.</summary>
    static abstract void Store(Action store);

    /// <summary>A full barrier: the calling thread's stores are seen by all before it loads anything more.</summary>
    static abstract void PassBarrier();

    /// <summary>The same for every thread of the process, wherever it is.</summary>
    static abstract void PassBarrierEverywhere();

    /// <summary>Once round in a loop that waits for what another thread is about to do.</summary>
    static abstract void Spin(ref SpinWait spinner);

    /// <summary>Takes a lock, which is a full barrier.</summary>
    static abstract void Enter(ref InlineLock inlineLock);

    /// <summary>Gives a lock back, which is a full barrier.</summary>
    static abstract void Exit(ref InlineLock inlineLock);

    /// <summary>Waits until a generation is over; the caller looks again afterwards.</summary>
    static abstract void WaitWhile(WakeSignal signal, int generation);

    /// <summary>Wakes all who wait for a generation that is over.</summary>
    static abstract void WakeAll(WakeSignal signal);

    /// <summary>Frees a thing that nobody can reach any more.</summary>
    static abstract void Free(IDisposable thing);
}
