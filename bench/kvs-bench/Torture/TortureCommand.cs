using System.CommandLine;
using Kvs.Bench.Options;

namespace Kvs.Bench.Torture;

/// <summary>The command <c>kvs-bench torture</c>, and the hidden one of its victims.</summary>
internal static class TortureCommand
{
    /// <summary>The hidden command.</summary>
    internal const string WorkerName = "torture-worker";

    private const string Description = """
        Kills a store, or a server, again and again in the middle of everything, and checks what is left.

        A process of its own writes unique values, removes them, makes batches and compacts; it is killed with SIGKILL
        at random moments, a third of them while it opens the store. What the next one finds must be every write that
        was acknowledged, whole batches, and nothing else. The exit code is 1 when a promise was broken.

        Examples:
          kvs-bench torture                                           200 kills of a store
          kvs-bench torture --kills 5000 --durability disk --dir /mnt/mydisk/torture
          kvs-bench torture --server artifacts/kvs/kvs-server
          sudo kvs-bench torture --power-cut --durability interval:50 what was not synced is lost as well
        """;

    private const int MaxKills = 1_000_000;

    internal static Command Create()
    {
        Option<int> kills = OptionMaker.Number("--kills", "How often it is killed", 200, 1, MaxKills);
        Option<int> threads = ProofOptions.CreateThreads();
        Option<DurabilityChoice> durability = ProofOptions.CreateDurability(Durability.Process);
        Option<int?> seed = ProofOptions.CreateSeed();
        Option<string?> server = ProofOptions.CreateServer();
        Option<string?> folder = ProofOptions.CreateFolder();
        var powerCut = new Option<bool>("--power-cut")
        {
            Description = "Let every other kill be a power cut: the store lies on a disk of its own (ext4 in a file, " +
                          "512 MiB at most), which drops what was not synced. Root only",
        };
        var json = new Option<string?>("--json")
        {
            Description = "Write the figures to a file as well",
            HelpName = "FILE",
        };
        var command = new Command("torture", Description)
        {
            kills, durability, threads, server, powerCut, seed, folder, json,
        };
        command.SetAction(parsed => TortureRun.Execute(new TortureSettings
        {
            Kills = parsed.GetRequiredValue(kills),
            Threads = parsed.GetRequiredValue(threads),
            Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
            Durability = parsed.GetRequiredValue(durability),
            Server = parsed.GetValue(server),
            CutsPower = parsed.GetValue(powerCut),
            Folder = parsed.GetValue(folder),
            JsonFile = parsed.GetValue(json),
        }));
        return command;
    }

    /// <summary>The hidden one.</summary>
    internal static Command CreateWorker()
    {
        var folder = new Argument<string>("FOLDER");
        var journal = new Argument<string>("JOURNAL");
        var life = new Option<int>("--life");
        var seed = new Option<int>("--seed");
        Option<int> threads = ProofOptions.CreateThreads();
        Option<DurabilityChoice> durability = ProofOptions.CreateDurability(Durability.Process);
        var command = new Command(WorkerName) { folder, journal, life, seed, threads, durability };
        command.Hidden = true;
        command.SetAction(parsed => StoreWorker.Run(
            parsed.GetRequiredValue(folder),
            parsed.GetRequiredValue(journal),
            parsed.GetRequiredValue(threads),
            parsed.GetRequiredValue(life),
            parsed.GetRequiredValue(seed),
            parsed.GetRequiredValue(durability)));
        return command;
    }
}
