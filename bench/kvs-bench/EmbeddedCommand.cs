using System.CommandLine;
using Kvs.CommandLine;

namespace Kvs.Bench;

/// <summary>The command line of <c>kvs-bench embedded</c>.</summary>
internal static class EmbeddedCommand
{
    private const int MaxKeys = 100_000_000;
    private const int MaxThreads = 1024;

    internal static Command Create()
    {
        Option<string> engine = new("--engine")
        {
            Description = $"The engine: {string.Join(", ", KvsEngines.Names)}",
            DefaultValueFactory = _ => KvsEngines.Names[0],
        };
        Option<int> keys = Number("--keys", "How many keys of 16 bytes there are", 1_000_000, 1, MaxKeys);
        Option<int> valueBytes = Number("--value-bytes", "The length of each value", 100, 0, 1024 * 1024);
        Option<int> threads = Number("--threads", "The most threads; everything also runs with one",
            Environment.ProcessorCount, 1, MaxThreads);
        Option<int> rounds = Number("--rounds", "How often everything is measured, after one round of warming up", 5, 1,
            1000);
        Option<int> partitions = Number("--partitions", "Partitions of the index", 256, 1,
            KvStoreOptions.MaxPartitions);
        Option<Durability> durability = new("--durability")
        {
            Description = "When a write returns: process, interval, disk",
            DefaultValueFactory = _ => Durability.Process,
        };
        Option<string?> folder = new("--dir")
        {
            Description = "An empty folder for the store's data; by default a temporary one, removed afterwards",
            HelpName = "DIR",
        };

        var command = new Command("embedded", "Measures an engine in this process, on one thread and on more")
        {
            engine, keys, valueBytes, threads, rounds, durability, partitions, folder,
        };
        command.SetAction(parsed =>
        {
            string? given = parsed.GetValue(folder);
            string used = given ?? Directory.CreateTempSubdirectory("kvs-bench-").FullName;
            try
            {
                new EmbeddedBenchmark(new EmbeddedSettings
                {
                    Engine = parsed.GetValue(engine)!,
                    Keys = parsed.GetValue(keys),
                    ValueBytes = parsed.GetValue(valueBytes),
                    Threads = parsed.GetValue(threads),
                    Rounds = parsed.GetValue(rounds),
                    Durability = parsed.GetValue(durability),
                    Partitions = parsed.GetValue(partitions),
                    Folder = used,
                }).Run(Console.Out);
                return 0;
            }
            finally
            {
                if (given is null)
                {
                    Directory.Delete(used, recursive: true);
                }
            }
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int standard, int min, int max) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => CommandLineProgram.ParseNumber(result, name, min, max),
    };
}
