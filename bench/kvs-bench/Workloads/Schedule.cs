using System.Diagnostics;

namespace Kvs.Bench.Workloads;

/// <summary>When the calls of one of several are to begin: evenly, and no two of all at the same time.</summary>
/// <remarks>Changed in place by one thread.</remarks>
internal struct Schedule
{
    private const long NsPerMs = 1_000_000;

    private readonly double _begin;
    private readonly double _intervalNs;
    private long _index;

    /// <summary>Makes the schedule of one.</summary>
    /// <param name="begin">When the first of all begins.</param>
    /// <param name="callsPerSecond">How many calls all make together.</param>
    /// <param name="seat">Which one this is, from 0.</param>
    /// <param name="seats">How many there are.</param>
    internal Schedule(long begin, double callsPerSecond, int seat, int seats)
    {
        _intervalNs = seats * Stopwatch.Frequency / callsPerSecond;
        _begin = begin + (_intervalNs * seat / seats);
        Next = (long)_begin;
    }

    /// <summary>When the next call is to begin.</summary>
    internal long Next { get; private set; }

    /// <summary>Goes on to the call behind it.</summary>
    internal void Advance() => Next = (long)(_begin + (++_index * _intervalNs));

    /// <summary>How many calls were to begin from the next one up to a moment.</summary>
    internal readonly long CountUntil(long moment) =>
        Math.Max(0, (long)Math.Ceiling((moment - _begin) / _intervalNs) - _index);

    /// <summary>Waits for the moment of the next call; false when all are to stop.</summary>
    /// <remarks>Sleeping may take a millisecond too long, so the last one is spent looking at the clock.</remarks>
    internal readonly bool Wait(RunClock clock)
    {
        while (!clock.IsStopped)
        {
            long remainingNs = Next - Stopwatch.GetTimestamp();
            if (remainingNs <= 0)
            {
                return true;
            }

            if (remainingNs > 2 * NsPerMs)
            {
                Thread.Sleep((int)Math.Min((remainingNs / NsPerMs) - 1, 100));
            }
            else
            {
                Thread.SpinWait(20);
            }
        }

        return false;
    }
}
