namespace Kvs.Server.Monitoring;

/// <summary>
/// How the values of a histogram are distributed: a counter for each eighth of a power of two, so that a value is known
/// to an eighth, whatever its unit.
/// </summary>
/// <remarks>Any thread may call any member. Each processor adds to counters of its own, under a lock that is nearly
/// always free.</remarks>
internal sealed class Distribution
{
    /// <summary>A bucket is what the values in it have in common: the sign, the exponent and as many bits behind it.
    /// </summary>
    private const int StepBits = 3;
    private const int DroppedBits = 52 - StepBits;

    /// <summary>The first value that has a bucket of its own: less than a nanosecond. What is below counts there.
    /// </summary>
    private const double FirstValue = 1.0 / (1 << 30);

    /// <summary>From there to beyond 16 TiB.</summary>
    private const int Buckets = 75 << StepBits;

    private static readonly long s_firstBucket = BitConverter.DoubleToInt64Bits(FirstValue) >> DroppedBits;

    private readonly Part[] _parts = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Part())];

    /// <summary>Counts a value.</summary>
    internal void Add(double value)
    {
        Part part = _parts[Thread.GetCurrentProcessorId() % _parts.Length];
        int bucket = BucketOf(value);
        lock (part.Gate)
        {
            part.Counts[bucket]++;
            part.Sum += value;
        }
    }

    /// <summary>All that was counted so far.</summary>
    internal DistributionSnapshot Read()
    {
        long[] counts = new long[Buckets];
        double sum = 0;
        foreach (Part part in _parts)
        {
            lock (part.Gate)
            {
                sum += part.Sum;
                for (int bucket = 0; bucket < Buckets; bucket++)
                {
                    counts[bucket] += part.Counts[bucket];
                }
            }
        }

        return new DistributionSnapshot(counts, sum);
    }

    /// <summary>What the values in a bucket are below of.</summary>
    internal static double UpperBoundOf(int bucket) =>
        BitConverter.Int64BitsToDouble((s_firstBucket + bucket + 1) << DroppedBits);

    private static int BucketOf(double value) => value <= FirstValue
        ? 0
        : (int)Math.Min(Buckets - 1, (BitConverter.DoubleToInt64Bits(value) >> DroppedBits) - s_firstBucket);

    private sealed class Part
    {
        internal Lock Gate { get; } = new();

        internal long[] Counts { get; } = new long[Buckets];

        internal double Sum { get; set; }
    }
}
