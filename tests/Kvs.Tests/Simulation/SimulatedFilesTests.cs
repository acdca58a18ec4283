using Kvs.Files;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What the simulation takes and keeps when the process or the power goes.</summary>
public sealed unsafe class SimulatedFilesTests : IDisposable
{
    private const string Folder = "/store";
    private const int FileBytes = 4 * DirtyPage.PageBytes;

    private readonly SimulatedFiles _files = new();
    private readonly Dictionary<string, IFile> _handles = [];
    private readonly ITestOutputHelper _output;

    public SimulatedFilesTests(ITestOutputHelper output)
    {
        _output = output;
        _files.CreateDirectory(Folder);
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public void What_was_synced_survives_a_power_cut_and_what_was_not_is_gone()
    {
        byte* map = MapNewFile("a");
        map[0] = 1;
        map[5000] = 2;
        Sync("a");
        _files.SyncDirectory(Folder);
        map[1] = 3;

        using SimulatedFiles after = _files.CrashPower(PowerCut.DropUnsynced);
        byte[] left = after.ReadAll(At("a"));
        Assert.Equal(FileBytes, left.Length);
        Assert.Equal(1, left[0]);
        Assert.Equal(0, left[1]);
        Assert.Equal(2, left[5000]);
    }

    [Fact]
    public void A_sync_is_about_its_own_file_at_its_own_moment()
    {
        byte* a = MapNewFile("a");
        byte* b = MapNewFile("b");
        Sync("b");
        _files.SyncDirectory(Folder);
        a[0] = 1;
        b[0] = 1;
        Sync("a");
        a[1] = 2;

        using SimulatedFiles after = _files.CrashPower(PowerCut.DropUnsynced);
        Assert.Equal([1, 0], after.ReadAll(At("a"))[..2]);
        Assert.Equal([0, 0], after.ReadAll(At("b"))[..2]);
    }

    [Fact]
    public void A_length_that_was_not_synced_is_lost_with_what_lies_beyond_it()
    {
        byte* map = MapNewFile("a");
        map[0] = 1;
        _files.SyncDirectory(Folder);

        using SimulatedFiles dropped = _files.CrashPower(PowerCut.DropUnsynced);
        Assert.Empty(dropped.ReadAll(At("a")));
        using SimulatedFiles kept = _files.CrashPower(PowerCut.KeepOnly(new DirtyPage(At("a"), 3)));
        Assert.Equal(new byte[FileBytes], kept.ReadAll(At("a")));
    }

    [Fact]
    public void A_cut_that_was_not_synced_may_be_undone()
    {
        *MapNewFile("a") = 1;
        Sync("a");
        _files.SyncDirectory(Folder);
        Unmap("a");
        Handle("a").Truncate(10);

        using SimulatedFiles dropped = _files.CrashPower(PowerCut.DropUnsynced);
        Assert.Equal(FileBytes, dropped.ReadAll(At("a")).Length);
        using SimulatedFiles kept = _files.CrashPower(PowerCut.KeepEverything);
        Assert.Equal(10, kept.ReadAll(At("a")).Length);
        Sync("a");
        using SimulatedFiles synced = _files.CrashPower(PowerCut.DropUnsynced);
        Assert.Equal(10, synced.ReadAll(At("a")).Length);
    }

    [Fact]
    public void Folder_changes_are_lost_until_the_folder_is_synced()
    {
        *MapNewFile("a") = 1;
        Sync("a");
        Assert.Empty(ListAfter(PowerCut.DropUnsynced));
        Assert.Equal(["a"], ListAfter(PowerCut.KeepEverything));

        _files.SyncDirectory(Folder);
        Assert.Equal(["a"], ListAfter(PowerCut.DropUnsynced));

        _files.Rename(At("a"), At("b"));
        Assert.Equal(["a"], ListAfter(PowerCut.DropUnsynced));
        Assert.Equal(["b"], ListAfter(PowerCut.KeepEverything));

        _files.SyncDirectory(Folder);
        Assert.Equal(["b"], ListAfter(PowerCut.DropUnsynced));

        _files.Unlink(At("b"));
        Assert.Equal(["b"], ListAfter(PowerCut.DropUnsynced));
        Assert.Empty(ListAfter(PowerCut.KeepEverything));
    }

    [Fact]
    public void A_rename_that_is_undone_brings_back_what_it_replaced()
    {
        *MapNewFile("a") = 1;
        *MapNewFile("b") = 2;
        Sync("a");
        Sync("b");
        _files.SyncDirectory(Folder);
        _files.Rename(At("a"), At("b"));

        using SimulatedFiles undone = _files.CrashPower(PowerCut.DropUnsynced);
        Assert.Equal(1, undone.ReadAll(At("a"))[0]);
        Assert.Equal(2, undone.ReadAll(At("b"))[0]);
        using SimulatedFiles kept = _files.CrashPower(PowerCut.KeepEverything);
        Assert.Equal(1, kept.ReadAll(At("b"))[0]);
    }

    [Fact]
    public void Folder_changes_may_reach_the_disk_one_without_the_other_and_no_file_has_two_names()
    {
        _files.SyncDirectory(Folder);
        MapNewFile("a");
        _files.SyncDirectory(Folder);
        MapNewFile("new");
        _files.Rename(At("a"), At("b"));
        _files.Rename(At("b"), At("c"));
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 200; seed++)
        {
            seen.Add(string.Join(' ', ListAfter(PowerCut.Random(seed))));
        }

        Assert.Subset(new HashSet<string> { "a", "b", "c", "a new", "b new", "c new" }, seen);
        Assert.Equal(6, seen.Count);
    }

    [Fact]
    public void A_power_cut_takes_any_sectors_and_the_same_ones_for_the_same_seed()
    {
        byte* map = MapNewFile("a");
        Sync("a");
        _files.SyncDirectory(Folder);
        new Span<byte>(map, FileBytes).Fill(1);
        const int Sectors = FileBytes / DirtyPage.SectorBytes;
        var kept = new HashSet<int>();
        int first = TestSeed.Choose(_output.WriteLine) / 2;
        for (int seed = first; seed < first + 100; seed++)
        {
            byte[] left = ReadAfter(PowerCut.Random(seed), "a");
            Assert.Equal(left, ReadAfter(PowerCut.Random(seed), "a"));
            int count = 0;
            for (int sector = 0; sector < Sectors; sector++)
            {
                Span<byte> bytes = left.AsSpan(sector * DirtyPage.SectorBytes, DirtyPage.SectorBytes);
                Assert.False(bytes.ContainsAnyExcept(bytes[0]), "A sector is whole.");
                count += bytes[0];
            }

            kept.Add(count);
        }

        Assert.Contains(0, kept);
        Assert.Contains(Sectors, kept);
        Assert.True(kept.Count > 10);
    }

    [Fact]
    public void One_page_can_be_taken_or_kept()
    {
        byte* map = MapNewFile("a");
        Sync("a");
        _files.SyncDirectory(Folder);
        map[100] = 1;
        map[DirtyPage.PageBytes * 2] = 2;
        IReadOnlyList<DirtyPage> dirty = _files.DirtyPages();
        Assert.Equal([new DirtyPage(At("a"), 0), new DirtyPage(At("a"), 2)], dirty);

        Assert.Equal(0, ReadAfter(PowerCut.KeepAllBut(dirty[0]), "a")[100]);
        Assert.Equal(2, ReadAfter(PowerCut.KeepAllBut(dirty[0]), "a")[DirtyPage.PageBytes * 2]);
        Assert.Equal(1, ReadAfter(PowerCut.KeepOnly(dirty[0]), "a")[100]);
        Assert.Equal(0, ReadAfter(PowerCut.KeepOnly(dirty[0]), "a")[DirtyPage.PageBytes * 2]);
        Sync("a");
        Assert.Empty(_files.DirtyPages());
    }

    [Fact]
    public void The_kernel_may_write_pages_back_by_itself()
    {
        byte* map = MapNewFile("a");
        Sync("a");
        _files.SyncDirectory(Folder);
        new Span<byte>(map, FileBytes).Fill(1);
        for (int seed = 0; _files.DirtyPages().Count == 4; seed++)
        {
            _files.WriteBackSome(seed);
        }

        int written = 4 - _files.DirtyPages().Count;
        new Span<byte>(map, FileBytes).Fill(2);
        byte[] left = ReadAfter(PowerCut.DropUnsynced, "a");
        Assert.Equal(written * DirtyPage.PageBytes, left.Count(b => b == 1));
        Assert.DoesNotContain((byte)2, left);
    }

    [Fact]
    public void The_death_of_the_process_keeps_all_that_was_written_and_frees_locks()
    {
        IDisposable held = _files.Lock(At("lock"));
        byte* map = MapNewFile("a");
        map[0] = 1;
        using SimulatedFiles after = _files.CrashProcess();
        map[1] = 2;

        Assert.Equal(_files.BootId, after.BootId);
        Assert.Equal([1, 0], after.ReadAll(At("a"))[..2]);
        after.Lock(At("lock")).Dispose();
        Assert.Throws<FileLockedException>(() => _files.Lock(At("lock")));
        held.Dispose();

        // Nothing of it has become durable by that.
        using SimulatedFiles powerless = after.CrashPower(PowerCut.DropUnsynced);
        Assert.Empty(powerless.List(Folder));
    }

    [Fact]
    public void A_power_cut_begins_another_boot()
    {
        using SimulatedFiles after = _files.CrashPower(PowerCut.KeepEverything);
        using SimulatedFiles again = after.CrashPower(PowerCut.KeepEverything);
        Assert.Equal(3, new HashSet<string> { _files.BootId, after.BootId, again.BootId }.Count);
        again.BootId = "mine";
        Assert.Equal("mine", again.BootId);
    }

    [Fact]
    public void Stores_after_the_mapping_has_ended_do_not_reach_the_file()
    {
        byte* map = MapNewFile("a");
        map[0] = 1;
        Unmap("a");
        Assert.NotEqual(1, map[0]);
        map[0] = 2;
        Assert.Equal(1, _files.ReadAll(At("a"))[0]);
    }

    [Fact]
    public void Everything_stored_before_a_sync_is_in_it_while_threads_go_on_storing()
    {
        const int CountersApart = DirtyPage.PageBytes / sizeof(long);
        nint map = (nint)MapNewFile("a");
        _files.SyncDirectory(Folder);
        IFile file = Handle("a");
        ThreadGroup.RunBeside(
            () =>
            {
                for (int i = 0; i < 200; i++)
                {
                    long before0 = Volatile.Read(ref *Counter(0));
                    long before1 = Volatile.Read(ref *Counter(1));
                    file.Sync();
                    byte[] left = ReadAfter(PowerCut.DropUnsynced, "a");
                    Assert.True(BitConverter.ToInt64(left, 0) >= before0);
                    Assert.True(BitConverter.ToInt64(left, DirtyPage.PageBytes) >= before1);
                }
            },
            count: 2,
            (thread, round) => Volatile.Write(ref *Counter(thread), round));

        long* Counter(int number) => (long*)map + (number * CountersApart);
    }

    [Fact]
    public void Files_can_be_looked_at_and_changed_from_outside()
    {
        byte* map = MapNewFile("a");
        map[0] = 1;
        SimulatedFileState unsynced = Assert.Single(_files.Snapshot());
        Assert.Equal(At("a"), unsynced.Path);
        Assert.Equal(1, unsynced.Bytes![0]);
        Assert.Null(unsynced.DurableBytes);

        Sync("a");
        _files.SyncDirectory(Folder);
        _files.Unlink(At("a"));
        SimulatedFileState removed = Assert.Single(_files.Snapshot());
        Assert.Null(removed.Bytes);
        Assert.Equal(1, removed.DurableBytes![0]);

        _files.WriteAll(At("b"), [1, 2, 3]);
        _files.FlipBit(At("b"), 1, 7);
        Assert.Equal([1, 0x82, 3], _files.ReadAll(At("b")));
        Assert.Equal([1, 0x82, 3], ReadAfter(PowerCut.DropUnsynced, "b"));
        _files.WriteAll(At("b"), [9]);
        Assert.Equal([9], ReadAfter(PowerCut.DropUnsynced, "b"));
    }

    private static string At(string name) => $"{Folder}/{name}";

    private IFile Handle(string name) => _handles[name];

    private byte* MapNewFile(string name)
    {
        IFile file = _files.Create(At(name));
        _handles[name] = file;
        file.Allocate(FileBytes);
        return file.Map(FileBytes);
    }

    private void Sync(string name) => Handle(name).Sync();

    private void Unmap(string name) => Handle(name).Unmap();

    private byte[] ReadAfter(PowerCut cut, string name)
    {
        using SimulatedFiles after = _files.CrashPower(cut);
        return after.ReadAll(At(name));
    }

    private IReadOnlyList<string> ListAfter(PowerCut cut)
    {
        using SimulatedFiles after = _files.CrashPower(cut);
        return [.. after.List(Folder).Order(StringComparer.Ordinal)];
    }
}
