using System.Diagnostics;

namespace Kvs.Bench.Workloads;

/// <summary>Says when the threads of a part stop.</summary>
/// <remarks>The deadline is written before the threads are let go; <see cref="Stop"/> may be called at any time, from
/// any thread.</remarks>
internal sealed class RunClock
{
    private volatile bool _isStopped;

    /// <summary>When to stop, as <see cref="Stopwatch.GetTimestamp"/> counts: nanoseconds on Linux.</summary>
    internal long Deadline { get; private set; }

    /// <summary>Whether to stop at once, because something has gone wrong or the user wants it.</summary>
    internal bool IsStopped => _isStopped;

    /// <summary>Begins a part.</summary>
    internal long Start(TimeSpan duration)
    {
        long now = Stopwatch.GetTimestamp();
        Deadline = duration == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : now + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return now;
    }

    /// <summary>Lets all threads stop.</summary>
    internal void Stop() => _isStopped = true;
}
