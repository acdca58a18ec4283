using System.Globalization;
using System.Text;
using Kvs.Admin;

namespace Kvs.Tests;

/// <summary>A backup of a store that many threads write to and that is compacted meanwhile holds everything up to one
/// moment: of each thread's writes a prefix, each batch as a whole, and nothing that was removed.</summary>
public sealed class HotBackupTests : IDisposable
{
    private const int Writers = 4;
    private const int Backups = 6;
    private const int RollingKeys = 50;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-hot-").FullName;

    private static KvStoreOptions Options => new()
    {
        Durability = Durability.Process,
        SegmentBytes = 256 * 1024,
        FirstSegmentBytes = 64 * 1024,
        SyncInterval = TimeSpan.FromMilliseconds(5),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Under_writers_and_compaction_it_holds_a_prefix_of_each_thread_and_whole_batches()
    {
        long[] ended = new long[Writers];
        List<long[]> endedBefore = [];
        using (KvStore store = KvStore.Open(At("store"), Options))
        {
            bool isStopping = false;
            var writers = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
            {
                for (long step = 1; !Volatile.Read(ref isStopping); step++)
                {
                    Write(store, writer, step);
                    Volatile.Write(ref ended[writer], step);
                }
            })).ToList();
            var compaction = new Thread(() =>
            {
                while (!Volatile.Read(ref isStopping))
                {
                    store.Compact();
                }
            });
            writers.ForEach(writer => writer.Start());
            compaction.Start();
            try
            {
                for (int backup = 0; backup < Backups; backup++)
                {
                    Thread.Sleep(100);
                    endedBefore.Add([.. ended.Select((_, writer) => Volatile.Read(ref ended[writer]))]);
                    store.Backup(At($"backup-{backup}"));
                }
            }
            finally
            {
                Volatile.Write(ref isStopping, true);
                writers.ForEach(writer => writer.Join());
                compaction.Join();
            }
        }

        for (int backup = 0; backup < Backups; backup++)
        {
            Assert.Empty(KvStoreFiles.Verify(At($"backup-{backup}")).Damages);
            using KvStore store = KvStore.Open(At($"backup-{backup}"), Options);
            long keys = 0;
            for (int writer = 0; writer < Writers; writer++)
            {
                keys += CheckPrefix(store, writer, endedBefore[backup][writer]);
            }

            Assert.Equal(keys, store.GetStatistics().Keys);
        }
    }

    /// <summary>A step is a set, every third time a batch of two, every fifth time with a key removed again: what is
    /// there after each number of steps is known.</summary>
    private static void Write(KvStore store, int writer, long step)
    {
        byte[] value = Encoding.ASCII.GetBytes(step.ToString(CultureInfo.InvariantCulture).PadRight(200));
        store.Set(Key(writer, "row", step % RollingKeys), value);
        if (step % 3 == 0)
        {
            var batch = new WriteBatch();
            batch.Set(Key(writer, "left", 0), value);
            batch.Set(Key(writer, "right", 0), value);
            store.Write(batch);
        }

        if (step % 5 == 0)
        {
            store.Set(Key(writer, "brief", step), value);
            Assert.True(store.Remove(Key(writer, "brief", step)));
        }
    }

    /// <summary>Returns how many keys of the writer are there.</summary>
    private static long CheckPrefix(KvStore store, int writer, long least)
    {
        long[] row = [.. Enumerable.Range(0, RollingKeys).Select(key => Read(store, Key(writer, "row", key)))];
        long last = row.Max();
        Assert.True(last >= least, $"Writer {writer} had ended {least} steps; the backup has {last}.");
        for (int key = 0; key < RollingKeys; key++)
        {
            // The latest step up to the last one that wrote this key.
            long expected = last - ((last - key + RollingKeys) % RollingKeys);
            Assert.Equal(expected <= 0 ? 0 : expected, row[key]);
        }

        long left = Read(store, Key(writer, "left", 0));
        Assert.Equal(left, Read(store, Key(writer, "right", 0)));
        Assert.InRange(left, ((last - 1) / 3) * 3, last / 3 * 3);
        long keys = row.Count(step => step > 0) + (left > 0 ? 2 : 0);
        for (long step = 5; step <= last + 5; step += 5)
        {
            long brief = Read(store, Key(writer, "brief", step));
            Assert.True(brief == 0 || (brief == step && step == last), $"Step {step} removed its key; {last} is last.");
            keys += brief > 0 ? 1 : 0;
        }

        return keys;
    }

    private static long Read(KvStore store, byte[] key) =>
        store.TryGet(key, out byte[]? value) ? long.Parse(value, CultureInfo.InvariantCulture) : 0;

    private static byte[] Key(int writer, string kind, long number) =>
        Encoding.ASCII.GetBytes($"{writer}-{kind}-{number}");

    private string At(string name) => Path.Combine(_folder, name);
}
