using System.Runtime.CompilerServices;

namespace Kvs.Concurrency;

/// <summary>
/// A lock that lies within the object whose fields it guards, on the cache line that its holder is about to write
/// anyway: taking a lock object of its own would move a second line between the processors for every write.
/// After Drepper, "Futexes Are Tricky" (2004), with a monitor in the futex's place. Not reentrant.
/// </summary>
/// <remarks>
/// Thread-safe. Used in place, never copied. Invariant: whoever waits has stored <see cref="Contended"/> while it
/// held the monitor, so the holder that stores <see cref="Free"/> sees it, and its pulse, which needs the monitor,
/// comes after the wait began.
/// </remarks>
internal struct InlineLock()
{
    private const int Free = 0;
    private const int Held = 1;
    private const int Contended = 2;

    /// <summary>The locks here are held for less than a microsecond, as long as their holder is running.</summary>
    private const int SpinsBeforeWaiting = 30;

    private readonly object _waiting = new();
    private int _state;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enter()
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) != Free)
        {
            EnterContended();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit()
    {
        if (Interlocked.Exchange(ref _state, Free) == Contended)
        {
            Wake();
        }
    }

    private void EnterContended()
    {
        if (Environment.ProcessorCount > 1)
        {
            for (int spin = 0; spin < SpinsBeforeWaiting; spin++)
            {
                Thread.SpinWait(1 << Math.Min(spin, 5));
                if (Volatile.Read(ref _state) == Free &&
                    Interlocked.CompareExchange(ref _state, Held, Free) == Free)
                {
                    return;
                }
            }
        }

        lock (_waiting)
        {
            // Who gets it this way leaves it marked as contended: others may be waiting too.
            while (Interlocked.Exchange(ref _state, Contended) != Free)
            {
                Monitor.Wait(_waiting);
            }
        }
    }

    private void Wake()
    {
        lock (_waiting)
        {
            Monitor.Pulse(_waiting);
        }
    }
}
