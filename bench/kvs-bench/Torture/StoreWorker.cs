using Kvs.Bench.Options;
using Kvs.Files;

namespace Kvs.Bench.Torture;

/// <summary>What a <see cref="StoreVictim"/> does in its process.</summary>
internal static class StoreWorker
{
    /// <summary>The line that lets a worker go in the machine's real boot.</summary>
    internal const string RealBoot = "-";

    /// <summary>The exit code of a worker that has found a promise broken, or a store that fails.</summary>
    private const int Broken = 3;

    /// <summary>Small, so that segments are filled, sealed, compacted and dropped all the time. In some lives so small
    /// that writers wait for segments, in others so large that they never do.</summary>
    private static readonly int[] s_segmentBytes = [64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];

    private const int MostRestMs = 100;

    /// <summary>Waits for its line, opens the store, writes down what is there, and writes until it is killed.
    /// </summary>
    internal static int Run(
        string folder, string journalPath, int threads, int life, int seed, DurabilityChoice durability)
    {
        using var journal = new Journal(journalPath, threads, life);
        if (Console.In.ReadLine() is not { } boot)
        {
            return Broken;
        }

        EndWithParent();
        try
        {
            journal.Stage = VictimStage.Opening;
            KvStore store = KvStore.Open(folder, OptionsOf(durability, boot, life));
            using var target = new StoreTarget(store);
            TortureWriter.WriteDownWhatIsThere(target, journal, threads);
            journal.Stage = VictimStage.Writing;
            Start(() => FlushAgainAndAgain(store, journal, threads, new Random(seed + life)));
            Start(() => CompactAgainAndAgain(store, journal, new Random(seed - life)));
            for (int thread = 0; thread < threads; thread++)
            {
                var random = new Random(HashCode(seed, life, thread));
                var writer = new TortureWriter(target, journal, thread, life, random);
                Start(writer.Run);
            }

            Thread.Sleep(Timeout.Infinite);
            return 0;
        }
        catch (Exception e)
        {
            return Fail(e);
        }
    }

    /// <summary>The same numbers in every process, unlike <see cref="System.HashCode"/>.</summary>
    private static int HashCode(int seed, int life, int thread) => unchecked((((seed * 31) + life) * 31) + thread);

    private static KvStoreOptions OptionsOf(DurabilityChoice durability, string boot, int life) => new()
    {
        Durability = durability.Level,
        SyncInterval = durability.Interval,
        Partitions = 8,
        SegmentBytes = s_segmentBytes[life % s_segmentBytes.Length],
        FirstSegmentBytes = s_segmentBytes[life % s_segmentBytes.Length],
        FileSystem = boot == RealBoot ? OperatingSystemFiles.Instance : new RebootedFiles(boot),
    };

    private static void FlushAgainAndAgain(KvStore store, Journal journal, int threads, Random random)
    {
        long[] acknowledged = new long[threads];
        while (true)
        {
            for (int thread = 0; thread < threads; thread++)
            {
                acknowledged[thread] = journal.Acknowledged(thread);
            }

            store.Flush();
            for (int thread = 0; thread < threads; thread++)
            {
                journal.NoteFlushed(thread, acknowledged[thread]);
            }

            Thread.Sleep(random.Next(MostRestMs));
        }
    }

    private static void CompactAgainAndAgain(KvStore store, Journal journal, Random random)
    {
        while (true)
        {
            store.Compact();
            journal.Compactions = store.Statistics.Compactions;
            Thread.Sleep(random.Next(MostRestMs));
        }
    }

    private static void Start(Action action) => new Thread(() =>
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            Environment.Exit(Fail(e));
        }
    })
    { IsBackground = true }.Start();

    private static int Fail(Exception e)
    {
        Console.Error.WriteLine(e is TortureException ? e.Message : e.ToString());
        return Broken;
    }

    /// <summary>A worker whose program has ended must not go on for ever.</summary>
    private static void EndWithParent() => new Thread(() =>
    {
        _ = Console.In.ReadToEnd();
        Environment.Exit(Broken);
    })
    { IsBackground = true }.Start();
}
