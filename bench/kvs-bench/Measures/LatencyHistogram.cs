using System.Numerics;

namespace Kvs.Bench.Measures;

/// <summary>
/// Counts durations in buckets whose width grows with the duration: each power of two is cut into
/// <see cref="BucketsPerOctave"/> equal ones, so a percentile is at most 1/128 above the truth (HdrHistogram's idea).
/// The maximum is exact. Recording allocates nothing and takes a few nanoseconds.
/// </summary>
/// <remarks>Not thread-safe: each thread has its own, and <see cref="Add"/> brings them together.</remarks>
internal sealed class LatencyHistogram
{
    private const int OctaveBits = 7;
    private const int BucketsPerOctave = 1 << OctaveBits;

    /// <summary>Longer durations (over 18 minutes) count as this one; the maximum still tells them.</summary>
    private const long LongestCountedNs = (1L << 40) - 1;

    private readonly long[] _counts = new long[BucketOf(LongestCountedNs) + 1];

    /// <summary>Durations recorded.</summary>
    internal long Count { get; private set; }

    /// <summary>The longest duration recorded or noted, in nanoseconds.</summary>
    internal long MaxNs { get; private set; }

    /// <summary>Counts a duration in nanoseconds.</summary>
    internal void Record(long durationNs)
    {
        _counts[BucketOf(Math.Min(durationNs, LongestCountedNs))]++;
        Count++;
        NoteMax(durationNs);
    }

    /// <summary>Lets the maximum be no less than this, and counts nothing.</summary>
    internal void NoteMax(long durationNs)
    {
        if (durationNs > MaxNs)
        {
            MaxNs = durationNs;
        }
    }

    /// <summary>Counts what another one has counted.</summary>
    internal void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        NoteMax(other.MaxNs);
    }

    /// <summary>The duration that the given share of all is no longer than, in nanoseconds; 0 when none was recorded.
    /// </summary>
    /// <param name="percent">0 to 100.</param>
    internal long PercentileNs(double percent)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(percent / 100 * Count));
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank)
            {
                return Math.Min(HighestOf(bucket), MaxNs);
            }
        }

        return 0;
    }

    // Up to 255 each duration has a bucket of its own. From there on, the top eight bits name one: they are 128 to 255,
    // and behind each octave the next follows.
    private static int BucketOf(long durationNs)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)durationNs) - OctaveBits);
        return (shift * BucketsPerOctave) + (int)(durationNs >> shift);
    }

    private static long HighestOf(int bucket)
    {
        int shift = Math.Max(0, (bucket / BucketsPerOctave) - 1);
        return ((long)(bucket - (shift * BucketsPerOctave) + 1) << shift) - 1;
    }
}
