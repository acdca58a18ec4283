using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Kvs.Concurrency;

/// <summary>
/// A lock that lies within the object whose fields it guards, on the cache line that its holder is about to write
/// anyway: taking a lock object of its own would move a second line between the processors for every write.
/// After Drepper, "Futexes Are Tricky" (2004), with a monitor in the futex's place. Not reentrant.
/// </summary>
/// <remarks>
/// Thread-safe. Used in place, never copied. Invariants:
/// (1) whoever waits has stored <see cref="Contended"/> while it held the monitor, so the holder that stores
///     <see cref="Free"/> sees it, and its pulse, which needs the monitor, comes after the wait began;
/// (2) who comes may take the lock before those who wait, which is fastest; but once somebody has waited for
///     <see cref="s_patience"/>, the next holder hands the lock over to that one, so that nobody starves.
/// </remarks>
internal struct InlineLock()
{
    private const int Free = 0;
    private const int Held = 1;
    private const int Contended = 2;

    /// <summary>The locks here are held for less than a microsecond, as long as their holder is running.</summary>
    private const int SpinsBeforeWaiting = 30;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1);

    private readonly object _waiting = new();
    private int _state;

    // One who waits has lost patience; it was handed the lock. Changed under the monitor.
    private bool _isClaimed;
    private bool _isHandedOver;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enter()
    {
        if (!TryEnter())
        {
            EnterContended();
        }
    }

    /// <summary>Takes the lock if it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter() => Interlocked.CompareExchange(ref _state, Held, Free) == Free;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit()
    {
        if (Volatile.Read(ref _isClaimed) && TryHandOver())
        {
            return;
        }

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
                if (Volatile.Read(ref _state) == Free && TryEnter())
                {
                    return;
                }
            }
        }

        WaitForTurn();
    }

    private void WaitForTurn()
    {
        long since = Stopwatch.GetTimestamp();
        bool isMine = false;
        lock (_waiting)
        {
            while (!(isMine && _isHandedOver))
            {
                // Who gets it this way leaves it marked as contended: others may be waiting too.
                if (Interlocked.Exchange(ref _state, Contended) == Free)
                {
                    _isClaimed &= !isMine;
                    return;
                }

                if (!_isClaimed && !_isHandedOver && Stopwatch.GetElapsedTime(since) > s_patience)
                {
                    // The state is looked at once more after this, so no holder can miss both.
                    Volatile.Write(ref _isClaimed, true);
                    isMine = true;
                    continue;
                }

                Monitor.Wait(_waiting);
            }

            _isHandedOver = false;
        }
    }

    /// <summary>Leaves the lock taken, for the one who has lost patience.</summary>
    private bool TryHandOver()
    {
        lock (_waiting)
        {
            if (!_isClaimed)
            {
                return false;
            }

            _isClaimed = false;
            _isHandedOver = true;
            Monitor.PulseAll(_waiting);
            return true;
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
