using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>Which operations are chosen, and for which keys.</summary>
public sealed class OperationSourceTests
{
    private const int Keys = 1000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(3, 3)]
    [InlineData(8, 3)]
    public void Load_sets_each_key_once_at_the_server_that_it_belongs_to(int seats, int shards)
    {
        List<long> numbers = [];
        for (int seat = 0; seat < seats; seat++)
        {
            var place = new SourcePlace(seat, seats, seat % shards, shards);
            var source = new OperationSource(PartFor(Mix.Load), place);
            while (source.NextKind() != OperationKind.None)
            {
                long number = source.NextNumber();
                Assert.True(place.Owns(number));
                numbers.Add(number);
            }
        }

        Assert.Equal(Enumerable.Range(0, Keys).Select(number => (long)number), numbers.Order());
    }

    [Fact]
    public void Each_server_is_asked_for_its_own_keys_only()
    {
        foreach (Mix mix in Enum.GetValues<Mix>().Except([Mix.Load]))
        {
            for (int shard = 0; shard < 3; shard++)
            {
                var place = new SourcePlace(shard, 3, shard, 3);
                var source = new OperationSource(PartFor(mix), place);
                for (int i = 0; i < 1000; i++)
                {
                    source.NextKind();
                    Assert.True(place.Owns(source.NextNumber()));
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void The_mix_f_sets_what_it_got_last(int batch)
    {
        var source = new OperationSource(PartFor(Mix.F), new SourcePlace(0, 1));
        long[] got = [];
        int sets = 0;
        for (int call = 0; call < 1000; call++)
        {
            OperationKind kind = source.NextKind();
            long[] numbers = [.. Enumerable.Range(0, batch).Select(_ => source.NextNumber())];
            if (kind == OperationKind.Set)
            {
                Assert.Equal(got, numbers);
                sets++;
            }

            got = numbers;
        }

        // Every second get of 667, give or take what chance may do.
        Assert.InRange(sets, 250, 420);
    }

    [Fact]
    public void The_mix_d_asks_for_new_keys_most_often_and_for_none_that_is_not_there()
    {
        var source = new OperationSource(
            PartFor(Mix.D) with { Zipfian = new ZipfianDistribution(Keys, ZipfianDistribution.StandardTheta) },
            new SourcePlace(1, 4));
        HashSet<long> made = [];
        int latest = 0;
        for (int i = 0; i < 10_000; i++)
        {
            OperationKind kind = source.NextKind();
            long number = source.NextNumber();
            if (kind == OperationKind.Set)
            {
                Assert.True(number >= Keys && made.Add(number), $"{number} is not new");
            }
            else
            {
                Assert.True(number < Keys || made.Contains(number), $"{number} is not there");
                latest += made.Contains(number) ? 1 : 0;
            }
        }

        // 500 new ones beside 1000 old ones, and yet most gets are of them.
        Assert.InRange(latest, 5000, 10_000);
    }

    [Fact]
    public void No_two_keys_are_the_same()
    {
        foreach (KeyFormat format in Enum.GetValues<KeyFormat>())
        {
            var keys = new KeyPattern(format, binaryBytes: 16);
            byte[] key = new byte[keys.MaxBytes];
            KeyPattern.Prepare(key);
            HashSet<string> seen = [];
            for (int number = 0; number < 10_000; number++)
            {
                int bytes = keys.Write(key, number, ValuePattern.TagOf(number));
                Assert.True(seen.Add(Convert.ToHexString(key, 0, bytes)));
                Assert.True(format != KeyFormat.Uuid || Guid.Parse(key.AsSpan(0, bytes)).Version == 4);
            }
        }
    }

    private static PartSettings PartFor(Mix mix) => new()
    {
        Mix = mix,
        Threads = 1,
        Keys = Keys,
        Zipfian = null,
        KeyPattern = new KeyPattern(KeyFormat.Binary, 16),
        ValuePattern = new ValuePattern(new ByteRange(10, 10)),
        Batch = 1,
        Duration = TimeSpan.Zero,
        SampleEvery = 1,
        Seed = 1,
    };
}
