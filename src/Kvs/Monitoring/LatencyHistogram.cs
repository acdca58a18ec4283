using System.Numerics;

namespace Kvs.Monitoring;

/// <summary>
/// Counts how long something took: eight counters for each power of two, so that a time is known to an eighth.
/// </summary>
/// <remarks>One thread adds, any thread may sum up. The counters are read one after the other while they are added to:
/// a sum is as true as it can be of a moment that nobody stops.</remarks>
internal sealed class LatencyHistogram
{
    private const int StepBits = 3;
    private const int Steps = 1 << StepBits;

    private readonly long[] _counts = new long[(64 - StepBits) * Steps];
    private long _totalTicks;
    private long _maxTicks;

    internal void Add(TimeSpan time)
    {
        long ticks = Math.Max(0, time.Ticks);
        int bucket = BucketOf(ticks);
        Volatile.Write(ref _totalTicks, _totalTicks + ticks);
        Volatile.Write(ref _maxTicks, Math.Max(_maxTicks, ticks));
        Volatile.Write(ref _counts[bucket], _counts[bucket] + 1);
    }

    internal LatencyStatistics Sum()
    {
        long[] counts = Array.ConvertAll(_counts, static count => count);
        long count = counts.Sum();
        return new LatencyStatistics(count, new TimeSpan(Volatile.Read(ref _totalTicks)),
            new TimeSpan(Volatile.Read(ref _maxTicks)), Percentile(counts, count, 0.5),
            Percentile(counts, count, 0.99));
    }

    private TimeSpan Percentile(long[] counts, long count, double part)
    {
        long rank = (long)Math.Ceiling(count * part);
        int bucket = 0;
        for (long passed = counts[0]; passed < rank; passed += counts[bucket])
        {
            bucket++;
        }

        return count == 0 ? TimeSpan.Zero : new TimeSpan(Math.Min(LastOf(bucket), Volatile.Read(ref _maxTicks)));
    }

    /// <summary>Times below 16 ticks have a counter each; above, the three bits behind the first choose it.</summary>
    private static int BucketOf(long ticks)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - StepBits);
        return (shift * Steps) + (int)(ticks >> shift);
    }

    /// <summary>The longest time that a counter counts.</summary>
    private static long LastOf(int bucket)
    {
        int shift = Math.Max(0, (bucket / Steps) - 1);
        long first = bucket - (shift * Steps);
        return ((first + 1) << shift) - 1;
    }
}
