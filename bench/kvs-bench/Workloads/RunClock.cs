using System.Diagnostics;

namespace Kvs.Bench.Workloads;

/// <summary>Says when the threads of a part stop.</summary>
/// <remarks>The times are written before the threads are let go; <see cref="Stop"/> may be called at any time, from any
/// thread. Times are as <see cref="Stopwatch.GetTimestamp"/> counts: nanoseconds on Linux.</remarks>
internal sealed class RunClock
{
    private volatile bool _isStopped;

    /// <summary>When the part began.</summary>
    internal long Begin { get; private set; }

    /// <summary>When to stop.</summary>
    internal long Deadline { get; private set; }

    /// <summary>Whether to stop at once, because something has gone wrong or the user wants it.</summary>
    internal bool IsStopped => _isStopped;

    /// <summary>Begins a part.</summary>
    internal void Start(TimeSpan duration)
    {
        Begin = Stopwatch.GetTimestamp();
        Deadline = duration == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : Begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Lets all threads stop.</summary>
    internal void Stop() => _isStopped = true;
}
