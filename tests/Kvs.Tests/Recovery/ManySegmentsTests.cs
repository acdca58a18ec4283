using System.Globalization;
using System.Text;
using Kvs.Log;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Opening from many footers: the last write of each key wins, wherever it lies, and all other bytes are known
/// to be of no use.</summary>
public sealed class ManySegmentsTests(ITestOutputHelper output)
{
    private const int Keys = 3000;
    private const int Writes = 25_000;

    private readonly Dictionary<int, (byte[]? Value, int Bytes)> _last = [];
    private int _tombstoneBytes;

    [Theory]
    [InlineData(1, false)]
    [InlineData(10, true)]
    [InlineData(256, false)]
    [InlineData(65536, true)]
    public void The_last_write_of_each_key_wins_with_any_number_of_partitions(int partitions, bool isKilled)
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        using var files = new SimulatedFiles();
        KvStore store = Open(files, 256);
        Write(store, random);
        using SimulatedFiles killed = files.CrashProcess();
        store.Dispose();
        for (int opening = 0; opening < 3; opening++)
        {
            using KvStore reopened = Open(isKilled ? killed : files, partitions);
            Check(reopened);
        }

        using KvStore grown = Open(files, partitions);
        for (int i = 0; i < 20_000; i++)
        {
            grown.Set($"new-{i}", "value");
        }

        Assert.Equal(_last.Values.Count(last => last.Value is not null) + 20_000, grown.GetStatistics().Keys);
    }

    /// <summary>The one that knows of the segment is a commit record in another, which is sealed and not
    /// read.</summary>
    [Fact]
    public void A_segment_that_is_missing_after_a_crash_is_noticed_from_a_sealed_one()
    {
        using var files = new SimulatedFiles();

        // Without compaction, which would take a segment with so much garbage as it is and never seal it.
        using KvStore store = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with
        {
            Compaction = new CompactionOptions { IsAutomatic = false },
        });
        store.Set("stays", "so that the first segment is needed");
        store.Flush();
        while (!HoldsRecords(files, SmallStore.Segment(2)))
        {
            store.Set("key"u8, new byte[1000]);
        }

        // The lane of commit records is the last to leave the first segment, which is then sealed.
        while (Sealed(files).Count == 0)
        {
            store.Set("key"u8, new byte[1]);
            store.Flush();
            Thread.Sleep(1);
        }

        Assert.Equal([1UL], Sealed(files));
        SmallStore.WaitForReadySegment(files);
        using SimulatedFiles killed = files.CrashProcess();
        killed.Unlink(SmallStore.Segment(2));
        killed.SyncDirectory(SmallStore.Folder);
        var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(killed));
        Assert.Equal(SmallStore.Segment(2), damage.File);
    }

    private static bool HoldsRecords(SimulatedFiles files, string path) =>
        LogImage.Frames(files).Exists(frame => frame.IsRecord && frame.Path == path);

    private static List<ulong> Sealed(SimulatedFiles files) =>
        [.. Kvs.Folder.Manifest.TryRead(files, SmallStore.Folder)!.Sealed];

    private static KvStore Open(SimulatedFiles files, int partitions) =>
        KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with
        {
            Partitions = partitions,
            Lanes = 3,
            Compaction = new CompactionOptions { IsAutomatic = false },
        });

    private static byte[] Key(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private void Write(KvStore store, Random random)
    {
        for (int write = 0; write < Writes; write++)
        {
            // Some keys are written all the time; some values are too long for an entry to say how long.
            int number = random.Next(2) == 0 ? random.Next(5) : random.Next(Keys);
            byte[] key = Key(number);
            if (random.Next(6) == 0)
            {
                if (store.Remove(key))
                {
                    _last[number] = (null, 0);
                    _tombstoneBytes += Frame.RecordBytes(key.Length, 0);
                }

                continue;
            }

            byte[] value = new byte[random.Next(50) == 0 ? 1900 + random.Next(300) : random.Next(30)];
            random.NextBytes(value);
            store.Set(key, value);
            _last[number] = (value, Frame.RecordBytes(key.Length, value.Length));
        }
    }

    private void Check(KvStore store)
    {
        foreach ((int number, (byte[]? value, _)) in _last)
        {
            _ = store.TryGet(Key(number), out byte[]? held);
            Assert.Equal(value, held);
        }

        EngineStatistics statistics = store.GetStatistics();
        Assert.Equal(_last.Values.Count(last => last.Value is not null), statistics.Keys);

        // Which tombstones are not needed any more is found out by compaction, which is off here.
        Assert.Equal(_last.Values.Sum(last => last.Bytes) + _tombstoneBytes, statistics.LiveBytes);
        Assert.InRange(statistics.Segments, 20, int.MaxValue);
    }
}
