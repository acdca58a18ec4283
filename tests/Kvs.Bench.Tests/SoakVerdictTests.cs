using Kvs.Bench.Soak;

namespace Kvs.Bench.Tests;

/// <summary>What a soak calls flat, and what it does not.</summary>
public sealed class SoakVerdictTests
{
    private const long MiB = 1024 * 1024;

    [Fact]
    public void What_goes_up_and_down_is_flat() =>
        Assert.True(SoakVerdict.Of(Samples(i => new SoakSample(
            50 + (i % 7), 20 + (i % 3), (300 + (i % 20)) * MiB, (900 + (i % 80)) * MiB))).IsFlat);

    [Fact]
    public void What_grows_only_while_it_warms_up_is_flat() =>
        Assert.True(SoakVerdict.Of(Samples(i => new SoakSample(
            Math.Min(i, 30), 20, Math.Min(i, 30) * 50 * MiB, Math.Min(i, 30) * 100 * MiB))).IsFlat);

    [Theory]
    [InlineData(1, 0, 0, 0, "open files")]
    [InlineData(0, 1, 0, 0, "threads")]
    [InlineData(0, 0, 3, 0, "MiB of memory")]
    [InlineData(0, 0, 0, 8, "MiB on disk")]
    public void What_grows_all_the_time_is_named(int files, int threads, int memory, int disk, string name)
    {
        (bool isFlat, IReadOnlyList<string> lines) = SoakVerdict.Of(Samples(i => new SoakSample(
            50 + (i * files), 20 + (i * threads), (100 + (i * memory)) * MiB, (200 + (i * disk)) * MiB)));
        Assert.False(isFlat);
        string grown = Assert.Single(lines, line => line.StartsWith("GROWS", StringComparison.Ordinal));
        Assert.EndsWith(name, grown, StringComparison.Ordinal);
    }

    private static List<SoakSample> Samples(Func<int, SoakSample> sample) =>
        [.. Enumerable.Range(0, 120).Select(sample)];
}
