using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Runs;

/// <summary>Measures stores in this process. Each round opens new ones.</summary>
internal sealed class EmbeddedBenchmark(EmbeddedSettings settings, string folder, RunClock clock, ProgressLine progress)
    : Benchmark(settings.Load, clock, progress)
{
    /// <summary>How many keys a call sets while a store is filled whose calls each wait for the disk.</summary>
    private const int DiskFillBatch = 1000;

    private readonly RunClock _clock = clock;

    /// <summary>Runs.</summary>
    /// <param name="output">Told at once how the engines are opened.</param>
    internal void Run(TextWriter output)
    {
        var notes = settings.Engines.Select(EngineKind.Of)
            .ToDictionary(engine => engine, engine => engine.Describe(SettingsFor(settings.Partitions[0])));
        foreach ((EngineKind engine, string note) in notes)
        {
            output.WriteLine($"{engine.Name}: {note}");
        }

        Run([.. Load.Batches.SelectMany(batch => settings.Threads.Select(threads => CasesOf(threads, batch, notes)))]);
    }

    /// <inheritdoc/>
    protected override void RunCase(BenchCase subject, int round)
    {
        var store = (StoreCase)subject;
        ResourceUsage.Trim();
        string storeFolder = Path.Combine(folder, "store");
        try
        {
            using IDriver driver = store.Engine.Open(storeFolder,
                SettingsFor(store.Partitions ?? settings.Partitions[0]));
            if (Load.Mixes[0] != Mix.Load && store.Engine.HasGets && Load.Mixes.Any(mix => mix.NeedsKeys()))
            {
                Show(store, "filling", round);
                Fill(driver, store);
                driver.Settle();
            }

            foreach (Mix mix in Load.Mixes)
            {
                Show(store, mix.Name(), round);
                PartResult result = RunPart(driver, PartFor(store, mix, store.Threads, round));
                Take(SeriesOf(store, mix), round, result, () => FiguresOf(driver, storeFolder));
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

    private static StoreFigures FiguresOf(IDriver driver, string storeFolder) => new()
    {
        ResidentBytes = ResourceUsage.ResidentBytesOf(Environment.ProcessId),
        ResidentAnonymousBytes = ResourceUsage.ResidentAnonymousBytesOf(Environment.ProcessId),
        DiskBytes = ResourceUsage.DiskBytes(storeFolder),
        IndexBytes = driver.IndexBytes,
    };

    private StoreCase[] CasesOf(int threads, int batch, Dictionary<EngineKind, string> notes) =>
    [
        .. settings.Engines.Select(EngineKind.Of).SelectMany(engine =>
            (engine.HasPartitions ? settings.Partitions.Select(count => (int?)count) : [null])
            .Select(partitions => new StoreCase
            {
                Engine = engine,
                EngineNotes = notes[engine],
                Partitions = partitions,
                Threads = threads,
                Batch = batch,
                IsAtomic = settings.IsAtomic,
            })),
    ];

    private void Fill(IDriver driver, StoreCase store)
    {
        int batch = Load.Durability.Level == Durability.Disk ? Load.LimitBatch(DiskFillBatch) : store.Batch;
        RunPart(driver, PartFor(store, Mix.Load, store.Threads, round: 0) with { Batch = batch, Rate = null });
        ThrowIfInterrupted();
    }

    private PartResult RunPart(IDriver driver, PartSettings part) => new PartRun(part, servers: 1,
        thread => Worker.Create(part, thread, driver.CreateSession()), _clock).Run();

    private DriverSettings SettingsFor(int partitions) => new()
    {
        Durability = Load.Durability.Level,
        SyncInterval = Load.Durability.Interval,
        Partitions = partitions,
        IsAtomic = settings.IsAtomic,
        ValuePattern = ValuePattern,
        MaxKeyBytes = KeyPattern.MaxBytes,
        DataBytes = Load.DataBytes,
        CallBytes = Load.CallBytes,
        Threads = settings.Threads.Max(),
    };
}
