using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>A run that ends before its last round.</summary>
public sealed class InterruptTests : IDisposable
{
    private const int Rounds = 1000;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-bench-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reports_the_rounds_that_it_has()
    {
        var clock = new RunClock();
        var benchmark = new EmbeddedBenchmark(Settings(), _folder, clock, new ProgressLine());
        Task run = Task.Run(() => benchmark.Run(TextWriter.Null));
        while (!run.IsCompleted && !benchmark.Series.Any(series => series.HasRounds))
        {
            await Task.Delay(10);
        }

        clock.Stop();
        await run;
        Assert.True(benchmark.WasInterrupted);
        BenchResult result = Assert.Single(benchmark.Results(_folder));
        Assert.True(result.Interrupted);
        Assert.InRange(result.OpsPerSecondByRound.Length, 1, Rounds - 1);
        Assert.InRange(result.Operations, 1, long.MaxValue);
    }

    private static EmbeddedSettings Settings() => new()
    {
        Engines = ["none"],
        Threads = [1],
        IsAtomic = false,
        Partitions = [1],
        Folder = null,
        Load = new LoadSettings
        {
            Workload = null,
            Keys = 10,
            KeyFormat = KeyFormat.Binary,
            KeyBytes = 16,
            ValueBytes = new ByteRange(10, 10),
            Batches = [1],
            Mixes = [Mix.Get],
            Distribution = default,
            Durability = new DurabilityChoice(Durability.Process, TimeSpan.FromSeconds(1)),
            Seconds = 0.02,
            Rounds = Rounds,
            Rate = null,
            Output = new OutputFiles(null, null),
        },
    };
}
