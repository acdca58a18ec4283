using System.Text.Json.Serialization;

namespace Kvs.Bench.Measures;

/// <summary>Percentiles of latencies, in microseconds.</summary>
internal sealed record LatencyUs(
    double P50,
    double P75,
    double P90,
    double P95,
    double P99,
    [property: JsonPropertyName("p99_9")] double P999,
    double Max)
{
    private const double NsPerUs = 1000;
    private const int NsDigits = 3;

    /// <summary>Reads them off a histogram; null when it is empty.</summary>
    internal static LatencyUs? Of(LatencyHistogram histogram)
    {
        double Percentile(double percent) => histogram.PercentileNs(percent) / NsPerUs;
        return histogram.Count == 0
            ? null
            : new LatencyUs(Percentile(50), Percentile(75), Percentile(90), Percentile(95), Percentile(99),
                Percentile(99.9), histogram.MaxNs / NsPerUs);
    }

    /// <summary>The medians of several rounds' percentiles, and the highest of their maxima; null when there is none.
    /// </summary>
    internal static LatencyUs? MedianOf(IEnumerable<LatencyUs?> rounds)
    {
        LatencyUs[] all = [.. rounds.OfType<LatencyUs>()];
        double MedianNs(Func<LatencyUs, double> figure) => Math.Round(Median.Of(all.Select(figure)), NsDigits);
        return all.Length == 0
            ? null
            : new LatencyUs(MedianNs(one => one.P50), MedianNs(one => one.P75), MedianNs(one => one.P90),
                MedianNs(one => one.P95), MedianNs(one => one.P99), MedianNs(one => one.P999),
                all.Max(one => one.Max));
    }
}
