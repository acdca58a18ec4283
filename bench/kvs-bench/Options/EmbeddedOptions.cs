using System.CommandLine;
using Kvs.Bench.Drivers;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The options of <c>kvs-bench embedded</c>: their names, defaults and checks.</summary>
internal sealed class EmbeddedOptions
{
    private const int MaxThreads = 1024;

    private static readonly string[] s_engineNames = [.. EngineKind.All.Select(engine => engine.Name)];

    private readonly Option<ListOf<string>> _engines = OptionMaker.List<string>("--engine", "NAME[,NAME...]",
        $"What is measured: {string.Join(", ", s_engineNames)} (bare: appends and syncs only; none: no store). " +
        "Several take turns in the same run, and the first is compared with the others", [s_engineNames[0]],
        TryParseEngine,
        $"there are {string.Join(", ", s_engineNames)}");

    private readonly LoadOptions _load = new([Mix.Load, Mix.Get, Mix.Set],
        "Keys in each call. With more than 1, gets go through GetMany and sets through SetMany, which is not atomic; " +
        "latencies are then those of a whole call. Several numbers are measured in turn");

    private readonly Option<ListOf<int>> _threads = OptionMaker.Numbers("--threads",
        "How many threads; several numbers are measured in turn",
        [.. ((int[])[1, Environment.ProcessorCount]).Distinct()], 1, MaxThreads);

    private readonly Option<bool> _atomic = new("--atomic")
    {
        Description = "Make the sets of each batch as one, through TryWrite (rocksdb and lmdb always do so)",
    };

    private readonly Option<ListOf<int>> _partitions = OptionMaker.Numbers("--partitions",
        "Partitions of kvs's index, each with a lock for its writers; several numbers are measured in turn",
        [new KvStoreOptions().Partitions], 1, KvStoreOptions.MaxPartitions);

    private readonly Option<string?> _folder = new("--dir")
    {
        Description = "An empty folder for the stores' data; by default a temporary one, removed afterwards",
        HelpName = "DIR",
    };

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_engines);
        _load.AddTo(command);
        foreach (Option option in (Option[])[_threads, _atomic, _partitions, _folder])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given.</summary>
    /// <exception cref="CommandLine.ProgramException">The options do not go together.</exception>
    internal EmbeddedSettings Read(ParseResult parsed)
    {
        var settings = new EmbeddedSettings
        {
            Load = _load.Read(parsed),
            Engines = parsed.GetRequiredValue(_engines).Items,
            Threads = parsed.GetRequiredValue(_threads).Items,
            IsAtomic = parsed.GetValue(_atomic),
            Partitions = parsed.GetRequiredValue(_partitions).Items,
            Folder = parsed.GetValue(_folder),
        };
        settings.Check();
        return settings;
    }

    private static bool TryParseEngine(string text, out string name)
    {
        name = text;
        return s_engineNames.Contains(text);
    }
}
