using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The number of partitions is a property of an opening, not of the store: it may differ each time, and the
/// last write of each key wins all the same.</summary>
public sealed class PartitionsOptionTests
{
    private const int Keys = 300;

    [Fact]
    public void It_may_differ_from_one_opening_to_the_next()
    {
        using var files = new SimulatedFiles();
        SimulatedFiles present = files;
        int[] partitions = [1, 65536, 10, 100, 1, 256, 10];
        for (int opening = 0; opening < partitions.Length; opening++)
        {
            // Every other time the process dies: then the log itself is what orders the writes.
            KvStore store = KvStore.Open(SmallStore.Folder,
                SmallStore.OptionsOn(present) with { Partitions = partitions[opening] });
            for (int key = 0; key < Keys; key++)
            {
                Assert.Equal(Expected(key, opening - 1), store.GetString($"key-{key}"));
            }

            Write(store, opening);
            present = opening % 2 == 0 ? present : present.CrashProcess();
            store.Dispose();
        }
    }

    /// <summary>Sets two thirds of the keys and removes some, others each time.</summary>
    private static void Write(KvStore store, int opening)
    {
        for (int key = 0; key < Keys; key++)
        {
            switch ((key + opening) % 3)
            {
                case 0:
                    store.Set($"key-{key}", $"{key} of {opening}");
                    break;
                case 1:
                    store.Set($"key-{key}", "at first");
                    store.Set($"key-{key}", $"{key} of {opening}");
                    break;
                case 2 when key % 5 == 0:
                    _ = store.Remove(System.Text.Encoding.ASCII.GetBytes($"key-{key}"));
                    break;
            }
        }
    }

    private static string? Expected(int key, int opening) => opening < 0 ? null : ((key + opening) % 3) switch
    {
        2 => key % 5 == 0 ? null : Expected(key, opening - 1),
        _ => $"{key} of {opening}",
    };
}
