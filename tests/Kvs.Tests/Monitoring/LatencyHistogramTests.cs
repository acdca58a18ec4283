using Kvs.Monitoring;

namespace Kvs.Tests;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Nothing_took_no_time() => Assert.Equal(default, new LatencyHistogram().Sum());

    [Fact]
    public void Each_time_is_known_to_an_eighth()
    {
        for (long ticks = 0; ticks >= 0; ticks = (ticks + 1) * 9 / 8)
        {
            foreach (long near in (long[])[ticks, ticks + 1, (ticks * 2) - 1])
            {
                var histogram = new LatencyHistogram();
                histogram.Add(new TimeSpan(Math.Max(0, near)));

                // Alone, it is the longest, which is known exactly; the next shows what its counter knows.
                histogram.Add(TimeSpan.MaxValue);
                long known = histogram.Sum().Median.Ticks;
                Assert.InRange(known, Math.Max(0, near), Math.Max(0, near) + (near / 8) + 1);
            }

            if (ticks > long.MaxValue / 4)
            {
                break;
            }
        }
    }

    [Fact]
    public void Percentiles_are_of_all_that_was_added()
    {
        var histogram = new LatencyHistogram();
        for (int number = 1; number <= 1000; number++)
        {
            histogram.Add(TimeSpan.FromMicroseconds(number));
        }

        LatencyStatistics sum = histogram.Sum();
        Assert.Equal(1000, sum.Count);
        Assert.Equal(TimeSpan.FromMicroseconds(500_500), sum.Total);
        Assert.Equal(TimeSpan.FromMicroseconds(500.5), sum.Mean);
        Assert.Equal(TimeSpan.FromMicroseconds(1000), sum.Max);
        Assert.InRange(sum.Median.TotalMicroseconds, 500, 500 * 1.13);
        Assert.InRange(sum.P99.TotalMicroseconds, 990, 1000);
    }

    [Fact]
    public void A_time_below_nothing_is_none()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(new TimeSpan(-1));
        Assert.Equal(TimeSpan.Zero, histogram.Sum().Max);
    }
}
