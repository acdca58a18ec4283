using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>The workloads with names. A name stands for its options, which come before those that are given: so each is
/// overridden by giving it, and the run prints all of them.</summary>
internal static class Presets
{
    internal const string EmbeddedCommand = "embedded";
    internal const string ServerCommand = "server";
    internal const string CompareCommand = "compare";

    private const string Zipfian = "--distribution zipfian:0.99";

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Preset> All { get; } =
    [
        new("load", EmbeddedCommand, "new keys", "--mix load"),
        new("ycsb-a", EmbeddedCommand, "half gets, half sets", $"--mix a {Zipfian}"),
        new("ycsb-b", EmbeddedCommand, "95 % gets, 5 % sets", $"--mix b {Zipfian}"),
        new("ycsb-c", EmbeddedCommand, "gets only", $"--mix c {Zipfian}"),
        new("ycsb-d", EmbeddedCommand, "95 % gets of the latest keys, 5 % new keys", $"--mix d {Zipfian}"),
        new("ycsb-f", EmbeddedCommand, "gets, each second followed by a set of the same key", $"--mix f {Zipfian}"),
        new("batch-rpc", ServerCommand, "large batches, 95 % gets, 128 requests in flight",
            $"--mix b --keys 1000000 --key-format decimal --value-bytes 128 --batch 8192 {Zipfian} --seconds 10",
            ServerOptions: "--clients 4 --in-flight 32 --protocol binary"),
        new("partitions", EmbeddedCommand, "each thread sets and gets a key of its own, by partitions of the index",
            "--mix partitions", "--threads 100 --partitions 1,10,100", "--clients 100 --partitions 1,10,100"),
        new("uuid-store", ServerCommand, "gets of values of many sizes under random UUIDs (make-data makes them)",
            "--mix get --key-format uuid --keys 100000 --value-bytes 100..10000 --seconds 10",
            "--threads 2", "--clients 16 --in-flight 16"),
        new("large-values", EmbeddedCommand, "values of 100 to 300 KB, slightly more sets than gets",
            "--mix writes --keys 2000 --value-bytes 100000..300000 --seconds 5", "", "--clients 8"),
        new("scaling", EmbeddedCommand, "by the number of threads, or of connections", "--mix get,set",
            "--threads 1,2,4,8,16", "--clients 1,2,4,8,16,32,64"),
        new("batch-scaling", EmbeddedCommand, "by the number of keys in a call",
            "--mix get,set --batch 1,8,64,512,4096,32768,131072", "--threads 1", "--clients 1"),
    ];

    internal static IEnumerable<string> Names => All.Select(preset => preset.Name);

    /// <summary>What the names stand for, a line for each.</summary>
    internal static string Help => string.Join("\n", All.Select(preset =>
        $"  {preset.Name,-14} {preset.Description}: {preset.Command} " +
        string.Join(" ", preset.ArgumentsFor(preset.Command))));

    /// <summary>
    /// Puts the options of a workload in place of its name: <c>NAME ...</c> and <c>embedded NAME ...</c>. Those that
    /// are given are left out.
    /// </summary>
    internal static IReadOnlyList<string> Expand(IReadOnlyList<string> args)
    {
        if (args.Count > 0 && Find(args[0]) is { } alone)
        {
            return Expand(alone, alone.Command, [.. args.Skip(1)]);
        }

        return args.Count > 1 && args[0] is EmbeddedCommand or ServerCommand or CompareCommand &&
               Find(args[1]) is { } preset
            ? Expand(preset, args[0], [.. args.Skip(2)])
            : args;
    }

    /// <summary>Throws where a workload is named that there is not, or not where names are expanded.</summary>
    internal static string? CheckName(string? name) => name is null || Find(name) is not null
        ? name
        : throw new ProgramException($"There is no workload '{name}'. There are: {string.Join(", ", Names)}.");

    private static Preset? Find(string name) => All.FirstOrDefault(preset => preset.Name == name);

    private static List<string> Expand(Preset preset, string command, string[] given)
    {
        List<string> expanded = [command, preset.Name];
        foreach (string[] option in preset.ArgumentsFor(command).Chunk(2))
        {
            bool IsOption(string argument) =>
                argument == option[0] || argument.StartsWith(option[0] + "=", StringComparison.Ordinal);
            if (!given.Any(IsOption))
            {
                expanded.AddRange(option);
            }
        }

        expanded.AddRange(given);
        return expanded;
    }
}
