using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>How often keys are drawn.</summary>
public sealed class DistributionTests
{
    private const int Draws = 400_000;

    [Theory]
    [InlineData(1000, 0.99)]
    [InlineData(1000, 0.5)]
    [InlineData(1_000_000, 0.99)]
    [InlineData(1_000_000, 0.999)]
    [InlineData(3_000_000, 0.9)]
    public void Zipfian_ranks_come_as_often_as_the_law_says(int count, double theta)
    {
        var zipfian = new ZipfianDistribution(count, theta);
        var random = new FastRandom(seed: 1);
        var drawn = new Dictionary<int, int>();
        for (int i = 0; i < Draws; i++)
        {
            int rank = zipfian.Draw(random.NextDouble());
            Assert.InRange(rank, 0, count - 1);
            drawn[rank] = drawn.GetValueOrDefault(rank) + 1;
        }

        double zeta = 0;
        for (int rank = count; rank >= 1; rank--)
        {
            zeta += Math.Pow(rank, -theta);
        }

        // The first two ranks are exact but for chance, of whose deviation four times is allowed.
        AssertShare(drawn, last: 0, 1 / zeta, tolerance: 0);
        AssertShare(drawn, last: 1, (1 + Math.Pow(2, -theta)) / zeta, tolerance: 0);

        // From there on the method is known to be off by a few percent.
        double top = Enumerable.Range(1, 100).Sum(rank => Math.Pow(rank, -theta)) / zeta;
        AssertShare(drawn, last: 99, top, tolerance: 0.05);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Zipfian_draws_from_few_ranks_stay_among_them(int count)
    {
        var zipfian = new ZipfianDistribution(count, ZipfianDistribution.StandardTheta);
        for (double random = 0; random < 1; random += 0.001)
        {
            Assert.InRange(zipfian.Draw(random), 0, count - 1);
        }

        Assert.InRange(zipfian.Draw(Math.BitDecrement(1)), 0, count - 1);
    }

    [Fact]
    public void Uniform_numbers_come_alike()
    {
        const int Limit = 10;
        var random = new FastRandom(seed: 1);
        int[] drawn = new int[Limit];
        for (int i = 0; i < Draws; i++)
        {
            drawn[random.NextBelow(Limit)]++;
        }

        Assert.All(drawn, count => Assert.InRange(count, Draws / Limit * 0.98, Draws / Limit * 1.02));
    }

    [Fact]
    public void No_two_keys_have_the_same_tag() =>
        Assert.Equal(100_000,
            Enumerable.Range(0, 100_000).Select(number => ValuePattern.TagOf(number)).Distinct().Count());

    private static void AssertShare(Dictionary<int, int> drawn, int last, double share, double tolerance)
    {
        double found = (double)drawn.Where(rank => rank.Key <= last).Sum(rank => rank.Value) / Draws;
        double chance = 4 * Math.Sqrt(share * (1 - share) / Draws);
        Assert.InRange(found, (share * (1 - tolerance)) - chance, (share * (1 + tolerance)) + chance);
    }
}
