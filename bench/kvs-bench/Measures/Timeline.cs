using System.Diagnostics;

namespace Kvs.Bench.Measures;

/// <summary>How many operations there were by when: samples of counts that only grow.</summary>
/// <remarks>Filled by one thread. The moments are when the counts were read, not when they were to be: a sampling
/// thread that comes late changes no rate.</remarks>
internal sealed class Timeline
{
    /// <summary>Parts that take this long, in seconds, are sampled each second, shorter ones ten times a second.
    /// </summary>
    private const double LongPartSeconds = 10;

    private readonly List<(long Moment, long[] Counts)> _samples = [];

    /// <summary>How often a part is sampled.</summary>
    /// <param name="duration">How long it takes; infinite where that is not known.</param>
    internal static TimeSpan IntervalFor(TimeSpan duration) =>
        TimeSpan.FromSeconds(duration.TotalSeconds >= LongPartSeconds ? 1 : 0.1);

    /// <summary>Adds a sample.</summary>
    /// <param name="moment">When, as <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    /// <param name="counts">Operations up to then, for each server.</param>
    internal void Add(long moment, long[] counts) => _samples.Add((moment, counts));

    /// <summary>Operations a second between each two samples, of all servers together.</summary>
    internal double[] Rates() => Rates(counts => counts.Sum());

    /// <summary>The same of one server.</summary>
    internal double[] RatesAt(int server) => Rates(counts => counts[server]);

    private double[] Rates(Func<long[], long> count) =>
    [
        .. _samples.Zip(_samples.Skip(1), (one, next) => Math.Round(
            (count(next.Counts) - count(one.Counts)) / Stopwatch.GetElapsedTime(one.Moment, next.Moment).TotalSeconds)),
    ];
}
