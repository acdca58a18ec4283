using Kvs.Bench.Measures;

namespace Kvs.Bench.Tests;

/// <summary>What the histogram says of durations, against the durations themselves.</summary>
public sealed class LatencyHistogramTests
{
    private const double MaxRelativeError = 1.0 / 128;

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Percentiles_are_at_most_one_128th_above_those_of_the_sorted_durations(int count)
    {
        // From nanoseconds to minutes, each magnitude alike.
        var random = new Random(count);
        long[] durations = [.. Enumerable.Range(0, count).Select(_ => (long)Math.Exp(random.NextDouble() * 26))];
        var histogram = new LatencyHistogram();
        Array.ForEach(durations, histogram.Record);
        Array.Sort(durations);

        foreach (double percent in (double[])[0, 1, 50, 90, 99, 99.9, 100])
        {
            long truth = durations[Math.Max(0, (int)Math.Ceiling(percent / 100 * count) - 1)];
            Assert.InRange(histogram.PercentileNs(percent), truth, truth * (1 + MaxRelativeError));
        }

        Assert.Equal(durations[^1], histogram.MaxNs);
        Assert.Equal(durations[^1], histogram.PercentileNs(100));
        Assert.Equal(count, histogram.Count);
    }

    [Fact]
    public void Short_durations_are_exact()
    {
        for (long duration = 0; duration < 256; duration++)
        {
            var histogram = new LatencyHistogram();
            histogram.Record(duration);
            histogram.Record(long.MaxValue);
            Assert.Equal(duration, histogram.PercentileNs(50));
        }
    }

    [Fact]
    public void Every_power_of_two_and_its_neighbours_lie_in_buckets_that_hold_them()
    {
        for (int bit = 0; bit < 40; bit++)
        {
            foreach (long duration in (long[])[(1L << bit) - 1, 1L << bit, (1L << bit) + 1])
            {
                var histogram = new LatencyHistogram();
                histogram.Record(duration);
                histogram.NoteMax(long.MaxValue);
                Assert.InRange(histogram.PercentileNs(50), duration, duration * (1 + MaxRelativeError));
            }
        }
    }

    [Fact]
    public void Adding_one_to_another_is_recording_the_durations_of_both()
    {
        var one = new LatencyHistogram();
        var two = new LatencyHistogram();
        var both = new LatencyHistogram();
        for (int i = 1; i <= 1000; i++)
        {
            (i % 2 == 0 ? one : two).Record(i * i);
            both.Record(i * i);
        }

        one.Add(two);
        Assert.Equal(both.Count, one.Count);
        Assert.Equal(both.MaxNs, one.MaxNs);
        Assert.All((double[])[10, 50, 99], percent =>
            Assert.Equal(both.PercentileNs(percent), one.PercentileNs(percent)));
    }

    [Fact]
    public void A_stall_that_is_only_noted_is_the_maximum_and_in_no_percentile()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(100);
        histogram.NoteMax(1_000_000);
        Assert.Equal(1_000_000, histogram.MaxNs);
        Assert.Equal(100, histogram.PercentileNs(99.9));
    }

    [Fact]
    public void Without_durations_there_are_no_latencies()
    {
        Assert.Equal(0, new LatencyHistogram().PercentileNs(50));
        Assert.Null(LatencyUs.Of(new LatencyHistogram()));
    }
}
