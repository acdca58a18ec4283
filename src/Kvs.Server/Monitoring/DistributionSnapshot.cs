namespace Kvs.Server.Monitoring;

/// <summary>A <see cref="Distribution"/> at one moment.</summary>
/// <param name="counts">How many values each bucket has.</param>
/// <param name="sum">Their sum.</param>
internal sealed class DistributionSnapshot(long[] counts, double sum)
{
    internal IReadOnlyList<long> Counts => counts;

    internal long Count { get; } = counts.Sum();

    internal double Sum => sum;

    /// <summary>The value that a part of those is not above which have come since another moment; as much as an eighth
    /// too high. Not a number where none have come.</summary>
    /// <param name="earlier">The other moment; null for the beginning.</param>
    /// <param name="part">Which part, 0 to 1.</param>
    internal double QuantileSince(DistributionSnapshot? earlier, double part)
    {
        long count = Count - (earlier?.Count ?? 0);
        long rank = Math.Max(1, (long)Math.Ceiling(count * part));
        long passed = 0;
        for (int bucket = 0; count > 0 && bucket < counts.Length; bucket++)
        {
            passed += counts[bucket] - (earlier?.Counts[bucket] ?? 0);
            if (passed >= rank)
            {
                return Distribution.UpperBoundOf(bucket);
            }
        }

        return double.NaN;
    }
}
