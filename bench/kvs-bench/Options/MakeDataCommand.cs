using System.CommandLine;
using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;
using Kvs.Bench.Runs;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Options;

/// <summary>The command <c>kvs-bench make-data</c>.</summary>
internal static class MakeDataCommand
{
    private const string Description = """
        Makes a store of random UUIDs with values of many sizes, to be served and read again and again.

        Examples:
          kvs-bench make-data --keys 1000000 --min-size 100 --max-size 10000 --dir data
          kvs-bench uuid-store --spawn --data data
        """;

    private const int MaxKeys = 100_000_000;
    private const int MaxValueBytes = 16 * 1024 * 1024;
    private const int Batch = 100;

    internal static Command Create()
    {
        Option<int> keys = OptionMaker.Number("--keys", "How many keys", 100_000, 1, MaxKeys);
        Option<int> min = OptionMaker.Number("--min-size", "The shortest value, in bytes", 100, 0, MaxValueBytes);
        Option<int> max = OptionMaker.Number("--max-size", "The longest value, in bytes", 10_000, 0, MaxValueBytes);
        var folder = new Option<string>("--dir")
        {
            Description = "Where to make it: an empty folder, or none yet",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("make-data", Description) { keys, min, max, folder };
        command.SetAction(parsed => Make(parsed.GetRequiredValue(folder), new DataFolder
        {
            Keys = parsed.GetRequiredValue(keys),
            MinValueBytes = parsed.GetRequiredValue(min),
            MaxValueBytes = parsed.GetRequiredValue(max),
        }));
        return command;
    }

    private static int Make(string folder, DataFolder data)
    {
        if (data.MinValueBytes > data.MaxValueBytes)
        {
            throw new ProgramException("--min-size is above --max-size.");
        }

        string prepared = BenchRun.PrepareFolder(folder);
        PartSettings part = PartFor(data);
        Console.WriteLine(Invariant($"Making {data.Keys:N0} keys (UUIDs) with values of {data.MinValueBytes} to ") +
                          Invariant($"{data.MaxValueBytes} bytes in {prepared}"));
        PartResult result = TerminalProgress.Run("Setting keys", data.Keys, progress => Fill(prepared, part, progress));
        data.Write(prepared);
        long storeBytes = ResourceUsage.DiskBytes(DataFolder.StoreOf(prepared));
        Console.WriteLine(Invariant(
            $"{result.Operations:N0} keys, {result.ValueBytes / Million:F1} MB of values, {result.Seconds:F1} s: ") +
            Invariant($"{Rate(result.Operations / result.Seconds)} keys/s, ") +
            Invariant($"{result.ValueBytes / result.Seconds / Million:F0} MB/s; {storeBytes / Million:F1} MB on disk"));
        return 0;
    }

    private static PartSettings PartFor(DataFolder data)
    {
        var values = new ByteRange(data.MinValueBytes, data.MaxValueBytes);
        return new PartSettings
        {
            Mix = Mix.Load,
            Threads = Environment.ProcessorCount,
            Keys = data.Keys,
            Zipfian = null,
            KeyPattern = new KeyPattern(KeyFormat.Uuid, KeyPattern.MinBinaryBytes),
            ValuePattern = new ValuePattern(values),
            Batch = Math.Clamp(Limits.MaxBatchBytes / 4 / Math.Max(1, values.Max), 1, Batch),
            Duration = Timeout.InfiniteTimeSpan,
            SampleEvery = 1,
            Seed = 0,
        };
    }

    private static PartResult Fill(string folder, PartSettings part, TerminalProgress progress)
    {
        using IDriver driver = EngineKind.All[0].Open(DataFolder.StoreOf(folder), new DriverSettings
        {
            Durability = Durability.Process,
            SyncInterval = new KvStoreOptions().SyncInterval,
            Partitions = new KvStoreOptions().Partitions,
            IsAtomic = false,
            ValuePattern = part.ValuePattern,
            MaxKeyBytes = part.KeyPattern.MaxBytes,
            DataBytes = (long)part.Keys * (part.KeyPattern.MaxBytes + part.ValuePattern.MaxBytes),
            CallBytes = part.Batch * (part.KeyPattern.MaxBytes + part.ValuePattern.MaxBytes),
            Threads = part.Threads,
        });
        IPartWorker CreateWorker(int thread) => Worker.Create(part, thread, driver.CreateSession());
        PartResult result = new PartRun(part, servers: 1, CreateWorker, new RunClock())
        {
            OnSample = progress.Report,
        }.Run();
        driver.Settle();
        return result;
    }
}
