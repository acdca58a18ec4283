using System.Globalization;

namespace Kvs.Bench.Soak;

/// <summary>
/// Says whether what was taken stayed flat: after the first third, which is for warming up, the second third and the
/// last are compared by their medians, so that neither a peak nor a pause decides.
/// </summary>
internal static class SoakVerdict
{
    /// <summary>Fewer samples say nothing.</summary>
    internal const int MinSamples = 6;

    private const double AllowedGrowth = 0.10;
    private const long MiB = 1024 * 1024;

    /// <summary>What a healthy process may have more of at one time than at another, beside
    /// <see cref="AllowedGrowth"/>.</summary>
    private static readonly (string Name, Func<SoakSample, long> Of, long Slack, long Unit)[] s_measures =
    [
        ("open files", sample => sample.Files, 16, 1),
        ("threads", sample => sample.Threads, 8, 1),
        ("MiB of memory", sample => sample.MemoryBytes, 32 * MiB, MiB),
        ("MiB on disk", sample => sample.DiskBytes, 64 * MiB, MiB),
    ];

    /// <summary>A line for each measure, and whether all stayed flat.</summary>
    internal static (bool IsFlat, IReadOnlyList<string> Lines) Of(IReadOnlyList<SoakSample> samples)
    {
        int third = samples.Count / 3;
        bool isFlat = true;
        List<string> lines = [];
        foreach ((string name, Func<SoakSample, long> of, long slack, long unit) in s_measures)
        {
            long before = Median(samples.Skip(third).Take(third).Select(of));
            long after = Median(samples.Skip(samples.Count - third).Select(of));
            bool hasGrown = after > (before * (1 + AllowedGrowth)) + slack;
            isFlat &= !hasGrown;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{(hasGrown ? "GROWS" : "flat ")}  {before / unit} -> {after / unit} {name}"));
        }

        return (isFlat, lines);
    }

    private static long Median(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
