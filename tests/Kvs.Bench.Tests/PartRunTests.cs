using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>What a part does to a store, and what it finds wrong.</summary>
public sealed class PartRunTests
{
    private const int Keys = 1000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 64)]
    [InlineData(3, 64)]
    public void Load_sets_each_key_once(int threads, int batch)
    {
        using var driver = new FakeDriver();
        PartResult result = Run(driver, Mix.Load, threads, batch);
        Assert.Equal(Keys, result.Operations);
        Assert.Equal(Keys, driver.Count);
        Assert.Null(result.GetLatency);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 5)]
    [InlineData(1, 100)]
    [InlineData(8, 100)]
    public void Mixes_find_what_was_loaded(int batch, int valueBytes)
    {
        foreach (Mix mix in Enum.GetValues<Mix>().Where(mix => mix.NeedsKeys()))
        {
            using FakeDriver driver = Loaded(valueBytes);
            PartResult result = Run(driver, mix, batch: batch, valueBytes: valueBytes);
            Assert.Equal(0, result.Errors);
            Assert.InRange(result.Operations, 1, long.MaxValue);
            Assert.True(mix.MakesKeys() || driver.Count == Keys);
            Assert.True(mix.HasGets() || result.GetLatency is null);
            Assert.True(mix.GetPercent() < 100 || result.SetLatency is null);
        }
    }

    [Fact]
    public void Each_thread_of_the_mix_partitions_has_a_key_of_its_own()
    {
        using var driver = new FakeDriver();
        PartResult result = Run(driver, Mix.Partitions, threads: 7);
        Assert.Equal(7, driver.Count);
        Assert.Equal(0, result.Errors);
    }

    [Fact]
    public void The_mix_partitions_finds_a_value_that_is_not_the_last_one()
    {
        using var driver = new FakeDriver();
        byte[]? first = null;
        driver.Spoil = value => first ??= value;
        PartResult result = Run(driver, Mix.Partitions);
        Assert.InRange(result.Errors, 1, long.MaxValue);
    }

    [Theory]
    [InlineData(1, "missing")]
    [InlineData(1, "cut")]
    [InlineData(1, "longer")]
    [InlineData(1, "first bit")]
    [InlineData(1, "last bit")]
    [InlineData(8, "missing")]
    [InlineData(8, "cut")]
    [InlineData(8, "first bit")]
    [InlineData(8, "last bit")]
    public void What_is_missing_or_wrong_is_an_error(int batch, string fault)
    {
        using FakeDriver driver = Loaded();
        driver.Spoil = value => fault switch
        {
            "missing" => null,
            "cut" => value[..^1],
            "longer" => [.. value, 0],
            "first bit" => [(byte)(value[0] ^ 1), .. value[1..]],
            _ => [.. value[..^1], (byte)(value[^1] ^ 128)],
        };
        PartResult result = Run(driver, Mix.Get, batch: batch);
        Assert.Equal(result.Operations, result.Errors);
        Assert.Contains(fault == "missing" ? "missing" : "wrong", result.FirstError, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_a_batch_that_is_not_answered_is_an_error()
    {
        using FakeDriver driver = Loaded();
        driver.Unanswered = 1;
        PartResult result = Run(driver, Mix.Get, batch: 8);
        Assert.Equal(result.Operations / 8, result.Errors);
    }

    [Fact]
    public void What_one_thread_meets_ends_the_part()
    {
        using var driver = new FakeDriver();
        driver.OnSet = () => throw new IOException("disk full");
        IOException failure = Assert.Throws<IOException>(() => Run(driver, Mix.Load, threads: 4));
        Assert.Equal("disk full", failure.Message);
    }

    private static FakeDriver Loaded(int valueBytes = 100)
    {
        var driver = new FakeDriver();
        Run(driver, Mix.Load, valueBytes: valueBytes);
        return driver;
    }

    private static PartResult Run(FakeDriver driver, Mix mix, int threads = 1, int batch = 1, int valueBytes = 100)
    {
        var part = new PartSettings
        {
            Mix = mix,
            Threads = threads,
            Keys = Keys,
            Zipfian = null,
            KeyPattern = new KeyPattern(KeyFormat.Binary, binaryBytes: 16),
            ValuePattern = new ValuePattern(new ByteRange(valueBytes, valueBytes)),
            Batch = batch,
            Duration = TimeSpan.FromMilliseconds(20),
            SampleEvery = 16,
            Seed = 1,
        };
        IPartWorker CreateWorker(int thread) => Worker.Create(part, thread, driver.CreateSession());
        return new PartRun(part, servers: 1, CreateWorker, new RunClock()).Run();
    }
}
