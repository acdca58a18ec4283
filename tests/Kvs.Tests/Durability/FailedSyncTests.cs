using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// A failed sync is final: the kernel has dropped the pages, and a second sync would succeed without them. So the
/// write fails, later ones fail, reads go on, nothing is synced again, and what was acknowledged before is there.
/// </summary>
public sealed class FailedSyncTests
{
    private const int Acknowledged = 5;

    private readonly WriteScript _script = WriteScript.Short;

    [Theory]
    [InlineData(FailedSyncPages.Dropped)]
    [InlineData(FailedSyncPages.Kept)]
    public void It_ends_all_writes_and_no_reads_and_loses_nothing_that_was_acknowledged(FailedSyncPages pages)
    {
        using var files = new SimulatedFiles();
        KvStore store = OpenAndFailAfter(files, Acknowledged, pages);

        // The write itself, all later ones, and whoever asks for durability.
        AssertFinal(() => _script.Make(store, Acknowledged));
        int failedAt = files.Log.Count;
        AssertFinal(() => _script.Make(store, Acknowledged + 1));
        AssertFinal(() => store.Remove("key-1"u8));
        AssertFinal(store.Flush);
        foreach (string key in _script.Keys)
        {
            _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
            Assert.True(value.AsSpan().SequenceEqual(_script.ValueAfter(Acknowledged, key)) ||
                value.AsSpan().SequenceEqual(_script.ValueAfter(Acknowledged + 1, key)));
        }

        using SimulatedFiles killed = files.CrashProcess();
        AssertFinal(store.Dispose);
        Assert.DoesNotContain(files.Log.Skip(failedAt),
            operation => operation.Kind is FileOperation.Sync or FileOperation.SyncDirectory or FileOperation.Rename);

        // However it goes on from there.
        AssertHoldsAcknowledged(files.CrashPower(PowerCut.DropUnsynced));
        AssertHoldsAcknowledged(files.CrashPower(PowerCut.KeepEverything));
        AssertHoldsAcknowledged(killed.CrashPower(PowerCut.DropUnsynced));
        AssertHoldsAcknowledged(killed.CrashProcess());
        AssertHoldsAcknowledged(files.CrashProcess());
    }

    /// <summary>After a failed sync, memory shows records that are not on disk, in pages that count as clean: a
    /// recovery that believed them and synced would serve what the next power cut takes.</summary>
    [Fact]
    public void What_the_next_opening_finds_in_memory_it_brings_to_disk()
    {
        using var files = new SimulatedFiles();
        KvStore store = OpenAndFailAfter(files, Acknowledged, FailedSyncPages.Dropped);
        AssertFinal(() => _script.Make(store, Acknowledged));
        AssertFinal(store.Dispose);

        int served;
        using (KvStore reopened = SmallStore.Open(files))
        {
            served = _script.FindMoment(reopened);
            Assert.Equal(Acknowledged + 1, served);
            using SimulatedFiles duringIt = files.CrashPower(PowerCut.DropUnsynced);
            using KvStore afterIt = SmallStore.Open(duringIt);
            _script.AssertMoment(afterIt, served);
        }

        using SimulatedFiles later = files.CrashPower(PowerCut.DropUnsynced);
        using KvStore last = SmallStore.Open(later);
        _script.AssertMoment(last, served);
    }

    [Fact]
    public void Every_thread_that_waits_for_it_gets_the_error()
    {
        const int Threads = 8;
        const int MostWrites = 1000;
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files, Durability.Disk);
        files.FailSync(20, IsUsedSegment);
        int[] acknowledged = new int[Threads];
        ThreadGroup.Run(Threads, number => AssertFinal(() =>
        {
            while (acknowledged[number] < MostWrites)
            {
                store.Set($"key-{number}", $"{acknowledged[number] + 1}");
                acknowledged[number]++;
            }
        }));

        AssertFinal(store.Dispose);
        using SimulatedFiles after = files.CrashPower(PowerCut.DropUnsynced);
        using KvStore reopened = SmallStore.Open(after);
        for (int number = 0; number < Threads; number++)
        {
            int held = int.Parse(reopened.GetString($"key-{number}") ?? "0", provider: null);
            Assert.InRange(held, acknowledged[number], acknowledged[number] + 1);
        }
    }

    [Fact]
    public void Of_a_segment_that_is_being_prepared_it_fails_only_writes_that_need_the_room()
    {
        using var files = new SimulatedFiles();
        files.Inject(new SimulatedFault
        {
            Matches = operation => operation.Kind == FileOperation.Sync &&
                operation.Path.EndsWith(".new", StringComparison.Ordinal) &&
                operation.Path.Contains("segment", StringComparison.Ordinal),
            Repeats = true,
        });
        using (KvStore store = SmallStore.Open(files, Durability.Disk))
        {
            Assert.False(Assert.Throws<KvsWriteException>(() => _script.Make(store, 0)).IsFinal);
            Assert.Null(store.GetString("key-0"));
            files.ClearFaults();
            _script.MakeAll(store);
        }

        using KvStore reopened = SmallStore.Open(files);
        _script.AssertMoment(reopened, _script.Count);
    }

    [Theory]
    [InlineData(FileOperation.Sync)]
    [InlineData(FileOperation.SyncDirectory)]
    [InlineData(FileOperation.Rename)]
    [InlineData(FileOperation.Allocate)]
    public void Of_the_manifest_it_fails_the_opening_or_the_closing_and_loses_nothing(FileOperation kind)
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files, Durability.Disk))
        {
            _script.MakeAll(store);
            SmallStore.WaitForReadySegment(files);
            using SimulatedFiles killed = files.CrashProcess();
            files.Inject(FaultOfManifest(kind));
            AssertFinal(store.Dispose);

            killed.Inject(FaultOfManifest(kind));
            Assert.Throws<KvsFolderException>(() => SmallStore.Open(killed));
            AssertHolds(killed, _script.Count);
        }

        files.Inject(FaultOfManifest(kind));
        Assert.Throws<KvsFolderException>(() => SmallStore.Open(files));
        AssertHolds(files, _script.Count);
    }

    private static SimulatedFault FaultOfManifest(FileOperation kind) => new()
    {
        Matches = operation => operation.Kind == kind &&
            (kind == FileOperation.SyncDirectory || operation.Path == SmallStore.Manifest + ".new"),
    };

    private KvStore OpenAndFailAfter(SimulatedFiles files, int writes, FailedSyncPages pages)
    {
        KvStore store = SmallStore.Open(files, Durability.Disk);
        for (int write = 0; write < writes; write++)
        {
            _script.Make(store, write);
        }

        SmallStore.WaitForReadySegment(files);
        files.FailSync(path: IsUsedSegment, pages: pages);
        return store;
    }

    private static bool IsUsedSegment(string path) => path == SmallStore.Segment(1);

    private static void AssertFinal(Action action) => Assert.True(Assert.Throws<KvsWriteException>(action).IsFinal);

    private void AssertHoldsAcknowledged(SimulatedFiles files)
    {
        using (files)
        using (KvStore store = SmallStore.Open(files))
        {
            Assert.InRange(_script.FindMoment(store), Acknowledged, Acknowledged + 1);
        }
    }

    private void AssertHolds(SimulatedFiles files, int moment)
    {
        using KvStore store = SmallStore.Open(files);
        _script.AssertMoment(store, moment);
    }
}
