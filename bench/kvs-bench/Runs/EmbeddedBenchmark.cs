using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Runs;

/// <summary>
/// Measures all mixes on all cases, round after round. Each round opens new stores; engines take turns within it, and
/// another one is first in the next, so that what else happens on the machine meets all of them alike.
/// </summary>
internal sealed class EmbeddedBenchmark(EmbeddedSettings settings, string folder, RunClock clock, ProgressLine progress)
{
    /// <summary>How many keys a call sets while a store is filled whose calls each wait for the disk.</summary>
    private const int DiskFillBatch = 1000;

    private readonly Dictionary<(StoreCase Store, Mix Mix), Series> _series = [];
    private readonly ValuePattern _pattern = new(settings.KeyBytes, settings.ValueBytes);

    private readonly ZipfianDistribution? _zipfian = settings.Distribution.IsUniform
        ? null
        : new ZipfianDistribution(settings.Keys, settings.Distribution.Theta);

    private int FillBatch => settings.Durability.Level == Durability.Disk
        ? Math.Clamp(Limits.MaxBatchBytes / 2 / (settings.KeyBytes + settings.ValueBytes), 1, DiskFillBatch)
        : settings.Batch;

    /// <summary>Runs; returns the results in the order in which they are to be shown.</summary>
    /// <param name="output">Told at once what is measured, and how the engines are opened.</param>
    internal IReadOnlyList<Series> Run(TextWriter output)
    {
        TextReport.WriteHeader(output, settings);
        StoreCase[][] turns = [.. settings.Threads.Select(CasesOf)];
        var notes = turns[0].DistinctBy(store => store.Engine)
            .ToDictionary(store => store.Engine, store => store.Engine.Describe(SettingsFor(store)));
        foreach ((EngineKind engine, string note) in notes)
        {
            output.WriteLine($"{engine.Name}: {note}");
        }

        foreach (Mix mix in settings.Mixes)
        {
            foreach (StoreCase store in turns.SelectMany(turn => turn))
            {
                _series.Add((store, mix), new Series(store, mix, notes[store.Engine]));
            }
        }

        for (int round = 0; round <= settings.Rounds; round++)
        {
            foreach (StoreCase[] turn in turns)
            {
                for (int i = 0; i < turn.Length; i++)
                {
                    RunStore(turn[(i + round) % turn.Length], round);
                }
            }
        }

        return [.. _series.Values];
    }

    private StoreCase[] CasesOf(int threads) =>
    [
        .. settings.Engines.Select(EngineKind.Of).SelectMany(engine =>
            (engine.HasPartitions ? settings.Partitions.Select(count => (int?)count) : [null])
            .Select(partitions => new StoreCase(engine, partitions, threads))),
    ];

    private void RunStore(StoreCase store, int round)
    {
        ResourceUsage.Trim();
        string storeFolder = Path.Combine(folder, "store");
        try
        {
            using IDriver driver = store.Engine.Open(storeFolder, SettingsFor(store));
            if (settings.Mixes[0] != Mix.Load && store.Engine.HasGets && settings.Mixes.Any(mix => mix.NeedsKeys()))
            {
                Show(store, "filling", round);
                RunPart(driver, PartFor(store, Mix.Load, round) with { Batch = FillBatch });
                driver.Settle();
            }

            foreach (Mix mix in settings.Mixes)
            {
                Show(store, mix.Name(), round);
                Measure(driver, storeFolder, _series[(store, mix)], round);
                driver.Settle();
            }
        }
        finally
        {
            if (Directory.Exists(storeFolder))
            {
                Directory.Delete(storeFolder, recursive: true);
            }
        }
    }

    private void Measure(IDriver driver, string storeFolder, Series series, int round)
    {
        PartSettings part = PartFor(series.Store, series.Mix, round) with { SampleEvery = series.SampleEvery };
        PartResult result = RunPart(driver, part);
        if (round == 0)
        {
            series.AddWarmUp(result, part.Batch);
            return;
        }

        series.Add(new Series.Round(result, ResourceUsage.ResidentBytes, ResourceUsage.ResidentAnonymousBytes,
            ResourceUsage.DiskBytes(storeFolder), driver.IndexBytes));
    }

    private PartResult RunPart(IDriver driver, PartSettings part)
    {
        PartResult result = new PartRun(driver, part, clock).Run();
        return clock.IsStopped ? throw new ProgramException("Interrupted: there are no results.") : result;
    }

    private void Show(StoreCase store, string what, int round) => progress.Show(
        $"{(round == 0 ? "warming up" : $"round {round} of {settings.Rounds}")}: {store.Engine.Name}, {what}, " +
        $"threads: {store.Threads}");

    private DriverSettings SettingsFor(StoreCase store) => new()
    {
        Durability = settings.Durability.Level,
        SyncInterval = settings.Durability.Interval,
        Partitions = store.Partitions ?? settings.Partitions[0],
        IsAtomic = settings.IsAtomic,
        Pattern = _pattern,
        DataBytes = (long)settings.Keys * (settings.KeyBytes + settings.ValueBytes),
        CallBytes = settings.Batch * (settings.KeyBytes + settings.ValueBytes),
        Threads = settings.Threads.Max(),
    };

    private PartSettings PartFor(StoreCase store, Mix mix, int round) => new()
    {
        Mix = mix,
        Threads = store.Threads,
        Keys = settings.Keys,
        Zipfian = _zipfian,
        Pattern = _pattern,
        Batch = settings.Batch,
        Duration = TimeSpan.FromSeconds(settings.Seconds),
        SampleEvery = 1,
        Seed = round,
    };
}
