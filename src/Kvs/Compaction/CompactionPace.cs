using System.Diagnostics;

namespace Kvs.Compaction;

/// <summary>Keeps compaction to its rate, and lets other work of its thread be done in between.</summary>
/// <param name="maxBytesPerSecond">The rate; null for none.</param>
/// <param name="tend">The other work: called between two records, about ten times a second.</param>
/// <param name="wait">Waits so long, or less when the store is being closed.</param>
internal sealed class CompactionPace(long? maxBytesPerSecond, Action tend, Action<TimeSpan> wait)
{
    private static readonly TimeSpan s_tendingInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Looking at the clock for each record would cost more than copying it.</summary>
    private const long LookBytes = 256 * 1024;

    private long _start = Stopwatch.GetTimestamp();
    private long _tended = Stopwatch.GetTimestamp();
    private long _spent;
    private long _sinceLook;

    /// <summary>Notes that so many bytes were copied; returns when more may be.</summary>
    internal void Spend(long bytes)
    {
        _spent += bytes;
        _sinceLook += bytes;
        if (_sinceLook < Math.Min(LookBytes, maxBytesPerSecond / 20 ?? LookBytes))
        {
            return;
        }

        _sinceLook = 0;
        if (maxBytesPerSecond is { } rate)
        {
            TimeSpan ahead = TimeSpan.FromSeconds((double)_spent / rate) - Stopwatch.GetElapsedTime(_start);
            while (ahead > TimeSpan.Zero)
            {
                TimeSpan part = ahead < s_tendingInterval ? ahead : s_tendingInterval;
                wait(part);
                TendIfDue();
                ahead -= part;
            }

            // What was not used a while ago does not count now.
            _start = Stopwatch.GetTimestamp();
            _spent = 0;
        }

        TendIfDue();
    }

    private void TendIfDue()
    {
        if (Stopwatch.GetElapsedTime(_tended) >= s_tendingInterval)
        {
            tend();
            _tended = Stopwatch.GetTimestamp();
        }
    }
}
