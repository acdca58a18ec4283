using System.Text.Json.Serialization;

namespace Kvs.Bench.Measures;

/// <summary>Percentiles of latencies, in microseconds.</summary>
internal sealed record LatencyUs(
    double P50,
    double P90,
    double P99,
    [property: JsonPropertyName("p99_9")] double P999,
    double Max)
{
    private const double NsPerUs = 1000;

    /// <summary>What stands for latencies where none was measured.</summary>
    internal static LatencyUs None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Reads them off a histogram; null when it is empty.</summary>
    internal static LatencyUs? Of(LatencyHistogram histogram) => histogram.Count == 0
        ? null
        : new LatencyUs(
            histogram.PercentileNs(50) / NsPerUs,
            histogram.PercentileNs(90) / NsPerUs,
            histogram.PercentileNs(99) / NsPerUs,
            histogram.PercentileNs(99.9) / NsPerUs,
            histogram.MaxNs / NsPerUs);

    /// <summary>The medians of several rounds' percentiles, and the highest of their maxima; null when there is none.
    /// </summary>
    internal static LatencyUs? MedianOf(IEnumerable<LatencyUs?> rounds)
    {
        LatencyUs[] all = [.. rounds.OfType<LatencyUs>()];
        return all.Length == 0
            ? null
            : new LatencyUs(
                Median.Of(all.Select(round => round.P50)),
                Median.Of(all.Select(round => round.P90)),
                Median.Of(all.Select(round => round.P99)),
                Median.Of(all.Select(round => round.P999)),
                all.Max(round => round.Max));
    }
}
