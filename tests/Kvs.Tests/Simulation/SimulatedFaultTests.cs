using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The errors that the simulation makes on demand.</summary>
public sealed unsafe class SimulatedFaultTests : IDisposable
{
    private const int FileBytes = 4 * DirtyPage.PageBytes;

    private readonly SimulatedFiles _files = new();
    private readonly IFile _file;
    private readonly byte* _map;

    public SimulatedFaultTests()
    {
        _files.CreateDirectory("/store");
        _file = _files.Create("/store/a");
        _file.Allocate(FileBytes);
        _map = _file.Map(FileBytes);
        _file.Sync();
        _files.SyncDirectory("/store");
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public void The_sync_that_was_named_fails_once()
    {
        _files.FailSync(2, path => path == "/store/a");
        _file.Sync();
        var error = Assert.Throws<IOException>(_file.Sync);
        Assert.Contains("/store/a", error.Message, StringComparison.Ordinal);
        _file.Sync();
    }

    [Fact]
    public void A_sync_of_another_file_does_not_fail()
    {
        _files.FailSync(1, path => path == "/store/b");
        _file.Sync();
    }

    [Fact]
    public void After_a_failed_sync_a_second_one_succeeds_and_the_data_is_gone()
    {
        _map[0] = 1;
        _files.FailSync();
        Assert.Throws<IOException>(_file.Sync);
        Assert.Empty(_files.DirtyPages());
        _map[DirtyPage.PageBytes] = 2;
        _file.Sync();

        Assert.Equal(1, _map[0]);
        Assert.Equal(0, BytesAfter(PowerCut.DropUnsynced)[0]);
        Assert.Equal(0, BytesAfter(PowerCut.KeepEverything)[0]);
        Assert.Equal(2, BytesAfter(PowerCut.DropUnsynced)[DirtyPage.PageBytes]);

        // Only writing to the page again makes the kernel write it.
        _map[1] = 3;
        _file.Sync();
        Assert.Equal([1, 3], BytesAfter(PowerCut.DropUnsynced)[..2]);
    }

    [Fact]
    public void A_failed_sync_may_have_written_everything_all_the_same()
    {
        _map[0] = 1;
        _files.FailSync(pages: FailedSyncPages.Kept);
        Assert.Throws<IOException>(_file.Sync);
        Assert.Equal(1, BytesAfter(PowerCut.DropUnsynced)[0]);
    }

    [Fact]
    public void A_full_disk_leaves_the_file_as_long_as_before_until_there_is_room_again()
    {
        _files.CapacityBytes = 3 * FileBytes;
        using IFile second = _files.Create("/store/b");
        second.Allocate(FileBytes);
        using IFile third = _files.Create("/store/c");
        var error = Assert.Throws<IOException>(() => third.Allocate((2 * FileBytes) + 1));
        Assert.Equal(SimulatedFault.NoSpace, error.HResult);
        Assert.Equal(0, third.Length);

        second.Dispose();
        _files.Unlink("/store/b");
        third.Allocate(2 * FileBytes);
    }

    [Fact]
    public void Any_operation_can_fail_once_or_from_then_on()
    {
        _files.FailOperation(2);
        _files.SyncDirectory("/store");
        Assert.Throws<IOException>(() => _files.Create("/store/b"));
        _files.Create("/store/b").Dispose();

        _files.FailOperation(1, forEver: true);
        Assert.Throws<IOException>(() => _files.Open("/store/b", writable: true));
        Assert.Throws<IOException>(() => _files.Rename("/store/b", "/store/c"));
        Assert.Throws<IOException>(() => _files.Unlink("/store/b"));
        Assert.Throws<IOException>(() => _files.SyncDirectory("/store"));
        Assert.Throws<IOException>(() => _files.Lock("/store/lock"));
        Assert.Throws<IOException>(() => _file.Allocate(2 * FileBytes));
        Assert.Throws<IOException>(_file.Sync);
        _files.ClearFaults();
        Assert.Equal(["a", "b"], _files.List("/store").Order());
    }

    [Fact]
    public void A_fault_may_have_another_error()
    {
        _files.Inject(new SimulatedFault
        {
            Matches = operation => operation.Kind == FileOperation.Create,
            Error = SimulatedFault.ReadOnlyFileSystem,
        });
        Assert.Throws<UnauthorizedAccessException>(() => _files.Create("/store/b"));
    }

    [Fact]
    public void The_log_tells_what_was_asked_for_and_what_failed()
    {
        int before = _files.Log.Count;
        _files.FailSync();
        Assert.Throws<IOException>(_file.Sync);
        _files.Rename("/store/a", "/store/b");

        List<SimulatedOperation> log = [.. _files.Log.Skip(before)];
        Assert.Equal(2, log.Count);
        Assert.Equal((FileOperation.Sync, "/store/a", true), (log[0].Kind, log[0].Path, log[0].HasFailed));
        Assert.Equal((FileOperation.Rename, "/store/b", false), (log[1].Kind, log[1].To, log[1].HasFailed));
        Assert.Equal(before + 2, log[1].Number);
    }

    [Fact]
    public void A_crash_can_be_taken_before_any_operation()
    {
        SimulatedFiles? image = null;
        _files.BeforeOperation = operation => image = _files.CrashPower(PowerCut.DropUnsynced);
        _map[0] = 1;
        _file.Sync();
        Assert.Equal(0, image!.ReadAll("/store/a")[0]);
        Assert.Equal(1, BytesAfter(PowerCut.DropUnsynced)[0]);
        image.Dispose();
    }

    [Fact]
    public void What_would_be_a_bus_error_is_an_error_of_the_test()
    {
        Assert.Throws<InvalidOperationException>(() => _file.Write(FileBytes - 1, new byte[2]));
        using IFile second = _files.Open("/store/a", writable: true);
        Assert.Throws<InvalidOperationException>(() => { _ = second.Map(FileBytes + 1); });
        _file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _file.Length);
        Assert.Throws<ObjectDisposedException>(_file.Sync);
        _file.Dispose();
    }

    [Fact]
    public void What_would_be_a_bus_error_behind_the_end_of_a_file_that_was_cut_is_poison()
    {
        _file.Truncate(10);
        Assert.Equal(0, _map[DirtyPage.PageBytes - 1]);
        Assert.Equal(0xDD, _map[DirtyPage.PageBytes]);
        Assert.Equal(0xDD, _map[FileBytes - 1]);
    }

    [Fact]
    public void A_write_that_fails_leaves_the_first_half_in_whole_words()
    {
        foreach ((int bytes, int left) in new[] { (8, 0), (16, 8), (40, 16) })
        {
            _file.Write(0, new byte[FileBytes]);
            _files.Inject(new SimulatedFault { Matches = operation => operation.Kind == FileOperation.Write });
            Assert.Throws<IOException>(() => _file.Write(0, Enumerable.Repeat((byte)1, bytes).ToArray()));
            Assert.Equal(left, new ReadOnlySpan<byte>(_map, FileBytes).IndexOf((byte)0));
        }
    }

    [Fact]
    public void A_store_may_be_disposed_after_its_file_system()
    {
        IDisposable held = _files.Lock("/store/lock");
        _files.Dispose();
        _file.Dispose();
        held.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _files.List("/store"));
    }

    private byte[] BytesAfter(PowerCut cut)
    {
        using SimulatedFiles after = _files.CrashPower(cut);
        return after.ReadAll("/store/a");
    }
}
