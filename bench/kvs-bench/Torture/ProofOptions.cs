using System.CommandLine;
using Kvs.Bench.Options;

namespace Kvs.Bench.Torture;

/// <summary>Options that the commands share which prove something.</summary>
internal static class ProofOptions
{
    private const int MaxThreads = 1024;

    /// <summary><c>--threads</c>.</summary>
    internal static Option<int> CreateThreads() =>
        OptionMaker.Number("--threads", "How many threads, or clients, there are", 4, 1, MaxThreads);

    /// <summary><c>--durability</c>.</summary>
    internal static Option<DurabilityChoice> CreateDurability(Durability standard) => OptionMaker.Value(
        "--durability", "LEVEL", $"What the store promises: {DurabilityChoice.Values}",
        new DurabilityChoice(standard, new KvStoreOptions().SyncInterval), TryParseDurability,
        $"there are {DurabilityChoice.Values}");

    /// <summary><c>--seed</c>.</summary>
    internal static Option<int?> CreateSeed() => new("--seed")
    {
        Description = "Repeats the choices of an earlier run; not its timing",
        HelpName = "N",
    };

    /// <summary><c>--server</c>.</summary>
    internal static Option<string?> CreateServer() => new("--server")
    {
        Description = "A kvs-server, used by clients, instead of a store",
        HelpName = "FILE",
    };

    /// <summary><c>--dir</c>.</summary>
    internal static Option<string?> CreateFolder() => new("--dir")
    {
        Description = "An empty folder for the store; by default a temporary one, removed afterwards",
        HelpName = "DIR",
    };

    private static bool TryParseDurability(string text, out DurabilityChoice durability)
    {
        DurabilityChoice? parsed = DurabilityChoice.TryParse(text);
        durability = parsed ?? default;
        return parsed is not null;
    }
}
