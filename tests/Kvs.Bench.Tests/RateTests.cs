using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>Load at a given rate.</summary>
public sealed class RateTests
{
    [Fact]
    public void Calls_are_spread_evenly_and_none_of_all_threads_begin_together()
    {
        // Two threads, a thousand calls a second of both: each has one every two milliseconds.
        var first = new Schedule(begin: 1_000_000, callsPerSecond: 1000, seat: 0, seats: 2);
        var second = new Schedule(begin: 1_000_000, callsPerSecond: 1000, seat: 1, seats: 2);
        Assert.Equal((1_000_000, 2_000_000), (first.Next, second.Next));
        first.Advance();
        second.Advance();
        Assert.Equal((3_000_000, 4_000_000), (first.Next, second.Next));
        Assert.Equal(1, first.CountUntil(5_000_000));
        Assert.Equal(2, first.CountUntil(5_000_001));
        Assert.Equal(0, first.CountUntil(2_000_000));
    }

    [Fact]
    public void A_stall_is_the_latency_of_all_calls_that_it_held_up()
    {
        // It lasts for three quarters of the time, so half of all calls wait for a quarter of it at least.
        var stall = TimeSpan.FromMilliseconds(150);
        using var driver = new FakeDriver();
        int calls = 0;
        driver.OnSet = () =>
        {
            if (calls++ == 0)
            {
                Thread.Sleep(stall);
            }
        };
        PartResult result = Run(driver, rate: 1000, TimeSpan.FromMilliseconds(200));
        Assert.InRange(result.Latency!.Max, stall.TotalMicroseconds, double.MaxValue);
        Assert.InRange(result.Latency.P50, stall.TotalMicroseconds / 4, double.MaxValue);
    }

    [Fact]
    public void Calls_that_could_not_begin_before_the_end_are_counted()
    {
        using var driver = new FakeDriver();
        driver.OnSet = () => Thread.Sleep(10);
        PartResult result = Run(driver, rate: 10_000, TimeSpan.FromMilliseconds(100));
        Assert.Equal(1000, result.Operations + result.NotBegun);
        Assert.InRange(result.Operations, 1, 11);
    }

    private static PartResult Run(FakeDriver driver, double rate, TimeSpan duration)
    {
        var part = new PartSettings
        {
            Mix = Mix.Set,
            Threads = 1,
            Keys = 10,
            Zipfian = null,
            KeyPattern = new KeyPattern(KeyFormat.Binary, binaryBytes: 16),
            ValuePattern = new ValuePattern(new ByteRange(10, 10)),
            Batch = 1,
            Duration = duration,
            Rate = rate,
            SampleEvery = 1,
            Seed = 1,
        };
        IPartWorker CreateWorker(int thread) => Worker.Create(part, thread, driver.CreateSession());
        return new PartRun(part, servers: 1, CreateWorker, new RunClock()).Run();
    }
}
