using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Compaction ends: a store that nobody writes to any more comes to rest, whatever is left in it.</summary>
public sealed class RestingTests : IDisposable
{
    private readonly SimulatedFiles _files = new();

    public void Dispose() => _files.Dispose();

    private static readonly Dictionary<string, Action<KvStore>> s_workloads = new()
    {
        ["overwritten"] = store => Repeat(3_000, number => store.Set(ByHand.Key(number % 300, 20), new byte[200])),
        ["removed"] = store =>
        {
            Repeat(2_000, number => store.Set(ByHand.Key(number, 20), new byte[200]));
            Repeat(2_000, number => store.Remove(ByHand.Key(number, 20)));
        },
        ["many tombstones that must stay"] = store =>
        {
            Repeat(1_500, number => store.Set(ByHand.Key(number, 1_000), new byte[10]));
            Repeat(1_500, number => store.Set(ByHand.Key(number, 1_000), new byte[20]));
            Repeat(1_400, number => store.Remove(ByHand.Key(number, 1_000)));
        },
        ["large"] = store => Repeat(200, number => store.Set(ByHand.Key(number % 40, 20), new byte[30_000])),
        ["expired"] = store => Repeat(2_000, number =>
            store.Set(ByHand.Key(number, 20), new byte[200], TimeSpan.FromMilliseconds(1))),
    };

    public static TheoryData<string> Workloads => [.. s_workloads.Keys];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void It_makes_no_more_rounds_and_copies_nothing(string workload)
    {
        KvStoreOptions options = SmallStore.OptionsOn(_files, Durability.Interval) with
        {
            SyncInterval = TimeSpan.FromMilliseconds(5),
            Compaction = new CompactionOptions { CensusRatio = 0 },
        };
        for (int opening = 0; opening < 2; opening++)
        {
            using KvStore store = KvStore.Open(SmallStore.Folder, options);
            s_workloads[workload](store);
            Assert.True(HasComeToRest(store), "It compacts without end.");
        }
    }

    /// <summary>Whether there is half a second at last in which nothing is compacted.
    /// </summary>
    private static bool HasComeToRest(KvStore store)
    {
        (long Rounds, long Bytes) before = (-1, -1);
        for (int look = 0; look < 60; look++)
        {
            KvStoreStatistics now = store.Statistics;
            if (before == (now.Compactions, now.CopiedBytes))
            {
                return true;
            }

            before = (now.Compactions, now.CopiedBytes);
            Thread.Sleep(TimeSpan.FromSeconds(0.5));
        }

        return false;
    }

    private static void Repeat(int times, Action<int> act)
    {
        for (int number = 0; number < times; number++)
        {
            act(number);
        }
    }
}
