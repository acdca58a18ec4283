using System.Globalization;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>What a store says of itself adds up to what was done.</summary>
public sealed class KvsStatisticsTests
{
    /// <summary>A header of 32 bytes, a key of 4, a value of 1004.</summary>
    private const int RecordBytes = 1040;

    private const int ValueBytes = 1004;

    private static readonly CompactionOptions s_noCompaction = new() { IsAutomatic = false };

    /// <summary>Records in chunks that were not full were once counted when they were replaced and not when they were
    /// written: a new store had less than nothing.</summary>
    [Fact]
    public void Live_bytes_are_those_of_the_records_that_count()
    {
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open("/store", new KvStoreOptions { FileSystem = files });
        Assert.Equal(0, store.GetStatistics().LiveBytes);

        // A header of 32 bytes, a key of 1, a value of 7.
        store.Set("a"u8, "1234567"u8);
        Assert.Equal(40, store.GetStatistics().LiveBytes);
        store.Set("a"u8, "7654321"u8);
        Assert.Equal(40, store.GetStatistics().LiveBytes);
        store.Set("b"u8, "1234567"u8);
        Assert.Equal(80, store.GetStatistics().LiveBytes);
    }

    [Fact]
    public void Each_write_of_one_thread_at_Disk_is_a_commit_and_a_sync()
    {
        const int Writes = 20;
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files, Durability.Disk);
        SetAll(store, Writes);
        KvStoreStatistics statistics = store.Statistics;
        Assert.Equal(Writes, statistics.Keys);
        Assert.Equal(Writes, statistics.Writes);
        Assert.Equal(Writes * RecordBytes, statistics.WrittenBytes);
        Assert.Equal(Writes, statistics.Commits);
        Assert.Equal(Writes, statistics.CommitTimes.Count);
        Assert.Equal(Writes, statistics.SyncTimes.Count);
        Assert.Equal(1, statistics.WritesPerCommit);
        Assert.Equal(RecordBytes, statistics.BytesPerCommit);
        Assert.Equal(RecordBytes, statistics.LargestCommitBytes);
    }

    [Fact]
    public void Writes_that_share_a_commit_are_counted_to_it()
    {
        const int Writes = 10;
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        SetAll(store, Writes);
        store.Flush();
        store.Set(Key(0), Value());
        store.Flush();
        store.Flush();
        KvStoreStatistics statistics = store.Statistics;
        Assert.Equal(2, statistics.Commits);
        Assert.Equal(2, statistics.SyncTimes.Count);
        Assert.Equal((Writes + 1) / 2.0, statistics.WritesPerCommit);
        Assert.Equal(Writes * RecordBytes, statistics.LargestCommitBytes);
        Assert.True(statistics.SyncTimes.Max <= statistics.SyncTimes.Total);
        Assert.True(statistics.SyncTimes.Total <= statistics.CommitTimes.Total);
    }

    [Fact]
    public void Writes_are_counted_by_all_partitions_whatever_makes_them()
    {
        using var files = new SimulatedFiles();
        for (int opened = 0; opened < 2; opened++)
        {
            using KvStore store = KvStore.Open(SmallStore.Folder, new KvStoreOptions { FileSystem = files });
            Assert.Equal(0, store.Statistics.Writes);
            SetAll(store, 100);
            Assert.False(store.Remove("no key"u8));
            Assert.True(store.Remove(Key(1)));
            _ = store.Increment("number"u8, 1);
            var batch = new WriteBatch();
            batch.Set("one"u8, "1"u8);
            batch.Set("two"u8, "2"u8);
            batch.Remove("number"u8);
            Assert.True(store.TryWrite(batch));
            Assert.Equal(105, store.Statistics.Writes);
        }
    }

    [Fact]
    public void Overwriting_makes_garbage_and_compaction_wins_it_back()
    {
        const int Keys = 200;
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open(SmallStore.Folder,
            SmallStore.OptionsOn(files) with { Compaction = s_noCompaction });
        SetAll(store, Keys);
        SetAll(store, Keys, step: 2);
        KvStoreStatistics before = store.Statistics;
        Assert.Equal(Keys * RecordBytes, before.LiveBytes);
        Assert.Equal(Keys / 2 * RecordBytes, before.GarbageBytes);
        Assert.Equal(0, before.Compactions);
        Assert.Equal(0, before.ReclaimedBytes);

        store.Compact();
        Assert.True(SpinWait.SpinUntil(() => store.Statistics.GarbageBytes == 0, TimeSpan.FromSeconds(10)));
        KvStoreStatistics after = store.Statistics;
        Assert.Equal(Keys * RecordBytes, after.LiveBytes);
        Assert.InRange(after.Compactions, 1, after.CompactedSegments);
        Assert.InRange(after.CompactedSegments, 3, before.Segments);
        Assert.Equal(0, after.CopiedBytes % RecordBytes);
        Assert.InRange(after.CopiedBytes, Keys / 2 * RecordBytes, Keys * RecordBytes);
        Assert.Equal(before.WrittenBytes + after.CopiedBytes, after.WrittenBytes);
        Assert.Equal(before.Writes, after.Writes);
        Assert.InRange(after.ReclaimedBytes, after.CopiedBytes + (Keys / 2 * RecordBytes), long.MaxValue);
        Assert.InRange(after.SealedSegments, 1, after.Segments - after.ReadySegments);
    }

    [Fact]
    public void Tombstones_that_must_be_kept_are_counted()
    {
        const int Tombstone = 40;
        using var files = new SimulatedFiles();
        KvStoreOptions options = SmallStore.OptionsOn(files) with { Compaction = s_noCompaction };
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            SetAll(store, 10);
            Assert.True(store.Remove(Key(3)));
        }

        using KvStore reopened = KvStore.Open(SmallStore.Folder, options);
        Assert.Equal(Tombstone, reopened.Statistics.TombstoneBytes);
        Assert.Equal((9 * RecordBytes) + Tombstone, reopened.Statistics.LiveBytes);
    }

    [Fact]
    public void A_store_that_was_closed_has_nothing_recovered()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            SetAll(store, 10);
        }

        using KvStore reopened = SmallStore.Open(files);
        KvStoreStatistics statistics = reopened.Statistics;
        Assert.Null(statistics.Recovery);
        Assert.Equal(0, statistics.RebuiltSegments);
        Assert.Equal(0, statistics.Writes);
        Assert.Equal(0, statistics.WrittenBytes);
        Assert.True(statistics.OpenTime > TimeSpan.Zero);
        Assert.True(statistics.IndexBytesPerKey > 0);
    }

    [Fact]
    public void Writes_that_a_thread_died_in_are_said_as_holes()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        SetAll(store, 10);
        using SimulatedFiles killed = files.CrashProcess();
        LogFrame last = LogImage.Frames(killed).Last(frame => frame.IsRecord);
        killed.WriteAll(last.Path, LogImage.WithUnfinished(killed.ReadAll(last.Path), last, copiedBytes: 20));

        using KvStore reopened = SmallStore.Open(killed);
        RecoveryStatistics? recovery = reopened.Statistics.Recovery;
        Assert.NotNull(recovery);
        Assert.Equal(1, recovery.Holes);
        Assert.Equal(0, recovery.DroppedBytes);
        Assert.False(recovery.IsAfterPowerCut);
        Assert.InRange(recovery.Time, new TimeSpan(1), reopened.Statistics.OpenTime);
        Assert.Equal(9, reopened.Statistics.Keys);
    }

    [Fact]
    public void What_a_power_cut_took_is_said_in_bytes()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        SetAll(store, 10);
        store.Flush();
        SetAll(store, 3);
        using SimulatedFiles cut = files.CrashPower(PowerCut.KeepEverything);
        using KvStore reopened = SmallStore.Open(cut);
        RecoveryStatistics? recovery = reopened.Statistics.Recovery;
        Assert.NotNull(recovery);
        Assert.True(recovery.IsAfterPowerCut);
        Assert.Equal(3 * RecordBytes, recovery.DroppedBytes);
    }

    [Fact]
    public void A_store_that_takes_no_more_writes_says_why()
    {
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files, Durability.Disk);
        SetAll(store, 3);
        Assert.Null(store.Statistics.PoisonReason);
        SmallStore.WaitForReadySegment(files);
        Assert.Equal(1, store.Statistics.ReadySegments);
        files.FailSync();
        Assert.Throws<KvsWriteException>(() => store.Set(Key(3), Value()));
        Assert.Contains("Input/output error", store.Statistics.PoisonReason, StringComparison.Ordinal);

        // Neither the sync that failed nor its commit counts.
        Assert.Equal(3, store.Statistics.SyncTimes.Count);
        Assert.Equal(3, store.Statistics.Commits);
        Assert.Throws<KvsWriteException>(store.Dispose);
    }

    /// <summary>Its segment keeps its room on disk until then, in a file that has no name any more.</summary>
    [Fact]
    public void A_lease_counts_until_it_is_given_back_also_when_its_segment_is_gone()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        SetAll(store, 100);
        using (ValueLease? first = store.TryLease(Key(0)))
        using (ValueLease? second = store.TryLease(Key(0)))
        {
            Assert.Equal(2, store.Statistics.Leases);
            SetAll(store, 100);
            store.Compact();
            Assert.True(SpinWait.SpinUntil(() => !files.List(SmallStore.Folder).Contains(
                Path.GetFileName(SmallStore.Segment(1))), TimeSpan.FromSeconds(10)));
            Assert.Equal(2, store.Statistics.Leases);
            first!.Dispose();
            Assert.Equal(1, store.Statistics.Leases);
        }

        Assert.Equal(0, store.Statistics.Leases);
    }

    [Fact]
    public void Keys_that_were_removed_because_they_had_expired_are_counted()
    {
        var clock = new HandDrivenClock();
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with { Clock = clock });
        SetAll(store, 3);
        for (int number = 10; number < 15; number++)
        {
            store.Set(Key(number), "value", TimeSpan.FromMinutes(1));
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        store.Compact();
        Assert.Equal(5, store.Statistics.ExpiredKeys);
        Assert.Equal(3, store.Statistics.Keys);
    }

    [Fact]
    public void Writes_that_wait_for_garbage_to_be_won_back_are_counted_and_timed()
    {
        const int BytesPerSecond = 1024 * 1024;
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with
        {
            Durability = Durability.Interval,
            SyncInterval = TimeSpan.FromMilliseconds(20),
            Compaction = new CompactionOptions { MaxBytesPerSecond = BytesPerSecond },
        });

        // Every fourth record stays, so that no segment is won back without copying.
        for (int number = 0; store.Statistics.TimesHeldBack == 0; number++)
        {
            Assert.True(number < 10_000, "no write was ever held back");
            store.Set(number % 4 == 0 ? Key(number) : Key(0), Value());
        }

        Assert.True(SpinWait.SpinUntil(() => store.Statistics.HeldBackTime > TimeSpan.Zero, TimeSpan.FromSeconds(10)));
    }

    internal static void SetAll(KvStore store, int count, int step = 1, int first = 0)
    {
        for (int number = first; number < count; number += step)
        {
            store.Set(Key(number), Value());
        }
    }

    private static string Key(int number) => number.ToString("0000", CultureInfo.InvariantCulture);

    private static string Value() => new('x', ValueBytes);
}
