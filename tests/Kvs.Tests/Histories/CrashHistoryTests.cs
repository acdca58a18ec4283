using System.Diagnostics;
using System.Globalization;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// Linearizable through crashes: what sixteen threads see of a store that compacts, whose index grows, and that dies
/// and is opened again in between, happens in some order that explains all of it. A write that had not returned when
/// the store died may have been made by then, or never.
/// </summary>
public sealed class CrashHistoryTests(ITestOutputHelper output)
{
    private const int Threads = 16;
    private const int LastingKeys = 24;
    private const int AllKeys = 40;
    private const int MostOperationsOfThread = 3_000;
    private const int Lives = 8;

    private readonly byte[][] _keys = HistoryWorkload.MakeKeys("register", AllKeys);

    [Fact]
    public void The_death_of_the_process_is_one_moment_in_the_history() => RunFor(TimeSpan.FromSeconds(8), false);

    [Fact]
    public void A_power_cut_is_one_moment_in_the_history_of_durable_writes() => RunFor(TimeSpan.FromSeconds(8), true);

    private void RunFor(TimeSpan duration, bool isPowerCut)
    {
        duration = TestDuration.Longer(duration);
        int seed = TestSeed.Choose(output.WriteLine);
        long start = Stopwatch.GetTimestamp();
        int histories = 0, crashes = 0;
        long operations = 0, unanswered = 0;
        do
        {
            var history = new List<HistoryOperation>();
            crashes += RunOne(seed + histories, isPowerCut, history);
            LinearizabilityChecker.Check(history);
            operations += history.Count;
            unanswered += history.Count(operation => operation.Outcome == HistoryOutcome.Unknown);
            histories++;
        }
        while (Stopwatch.GetElapsedTime(start) < duration);

        output.WriteLine($"{histories} histories, {operations} operations, {unanswered} unanswered, {crashes} crashes");
        Assert.NotEqual(0, crashes);
        Assert.NotEqual(0, unanswered);
    }

    /// <summary>Some lives of a store; returns how many ended in the middle of an operation on its files.</summary>
    private int RunOne(int seed, bool isPowerCut, List<HistoryOperation> history)
    {
        var random = new Random(seed);
        var files = new SimulatedFiles();
        HistoryThread[]? threads = null;
        int crashes = 0;
        for (int life = 0; life < Lives; life++)
        {
            KvStore store = Open(files, isPowerCut);
            var target = new EngineHistoryTarget(store, () => isPowerCut ? Durability.Disk
                : Random.Shared.Next(4) == 0 ? Durability.Disk : null);
            threads ??= HistoryThread.MakeMany(Threads, _keys, LastingKeys, seed, _ => target);
            Array.ForEach(threads, thread => thread.Target = target);
            using var crash = new HistoryCrash(files, random, isPowerCut);
            RunLife(store, threads, crash, isFirst: life == 0);
            store.Dispose();
            history.AddRange(crash.Cut(threads.SelectMany(thread => thread.Operations)));
            Array.ForEach(threads, thread => thread.Operations.Clear());
            if (crash.Image is { } image)
            {
                files.Dispose();
                files = image;
                crashes++;
            }
        }

        using (KvStore last = Open(files, isPowerCut))
        {
            threads![0].Target = new EngineHistoryTarget(last);
            for (int key = 0; key < AllKeys; key++)
            {
                threads[0].Get(key);
            }

            history.AddRange(threads[0].Operations);
        }

        files.Dispose();
        return crashes;
    }

    private static void RunLife(KvStore store, HistoryThread[] threads, HistoryCrash crash, bool isFirst)
    {
        for (int key = 0; isFirst && key < LastingKeys; key++)
        {
            threads[0].Set(key);
        }

        crash.Arm();
        int running = threads.Length;
        ThreadGroup.Run(threads.Length + 2, number =>
        {
            if (number < threads.Length)
            {
                for (int i = 0; i < MostOperationsOfThread && !crash.IsOver; i++)
                {
                    crash.PauseIfAsked();
                    threads[number].Step();
                }

                Interlocked.Decrement(ref running);
                return;
            }

            for (int round = 0; Volatile.Read(ref running) > 0; round++)
            {
                crash.PauseIfAsked();
                if (number == threads.Length)
                {
                    // New keys all the time: partitions grow.
                    store.Set(string.Create(CultureInfo.InvariantCulture, $"filler-{round}"), "");
                }
                else
                {
                    store.Compact();
                }
            }
        });
        crash.Disarm();
    }

    private static KvStore Open(SimulatedFiles files, bool isPowerCut) =>
        KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files, isPowerCut ? Durability.Disk : Durability.Process) with
        {
            Partitions = 4,
            Lanes = 3,
            Compaction = new CompactionOptions { GarbageRatio = 0.1 },
        });
}
