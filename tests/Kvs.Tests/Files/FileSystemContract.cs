using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>What the seam promises, of the operating system and of the simulation alike: a test on simulated files
/// says something about real ones only as far as these hold.</summary>
public abstract unsafe class FileSystemContract
{
    /// <summary>The file system, with <see cref="Folder"/> in it.</summary>
    protected abstract IFileSystem Files { get; }

    /// <summary>A folder that is there and empty.</summary>
    protected abstract string Folder { get; }

    [Fact]
    public void A_new_file_is_empty_and_is_listed()
    {
        using IFile file = Files.Create(At("a"));
        Assert.Equal(At("a"), file.Path);
        Assert.Equal(0, file.Length);
        Assert.Equal(PathKind.File, Files.GetKind(At("a")));
        Assert.Equal(PathKind.Missing, Files.GetKind(At("b")));
        Assert.Equal(PathKind.Directory, Files.GetKind(Folder));
        Assert.Equal(["a"], Files.List(Folder));
    }

    [Fact]
    public void Folders_are_made_with_those_above_them()
    {
        Files.CreateDirectory(At("x/y/z"));
        Files.CreateDirectory(At("x/y"));
        Assert.Equal(PathKind.Directory, Files.GetKind(At("x/y/z")));
        Assert.Equal(["z"], Files.List(At("x/y")));
    }

    [Fact]
    public void What_is_not_there_or_there_already_is_an_error_that_names_the_path()
    {
        Files.Create(At("there")).Dispose();
        CheckFails("there", () => Files.Create(At("there")));
        CheckFails("there", () => Files.CreateDirectory(At("there")));
        CheckFails("missing", () => Files.Open(At("missing"), writable: true));
        CheckFails("missing", () => Files.Unlink(At("missing")));
        CheckFails("missing", () => Files.Rename(At("missing"), At("other")));
        CheckFails("missing", () => Files.SyncDirectory(At("missing")));
        CheckFails("missing", () => Files.List(At("missing")));
        CheckFails("missing", () => Files.Create(At("missing/file")));
        CheckFails("missing", () => Files.Lock(At("missing/lock")));
    }

    [Fact]
    public void Allocated_bytes_are_zero_and_what_is_stored_there_stays()
    {
        using (IFile file = Files.Create(At("a")))
        {
            file.Allocate(10_000);
            byte* map = file.Map(10_000);
            Assert.False(new Span<byte>(map, 10_000).ContainsAnyExcept((byte)0));
            Assert.Equal(0, (nint)map % 4096);
            file.Populate(0, 10_000);
            map[0] = 1;
            map[9_999] = 2;
            file.Sync();
        }

        using IFile again = Files.Open(At("a"), writable: false);
        Assert.Equal(10_000, again.Length);
        byte* seen = again.Map(10_000);
        Assert.Equal(1, seen[0]);
        Assert.Equal(2, seen[9_999]);
    }

    [Fact]
    public void Two_mappings_of_a_file_show_the_same_bytes()
    {
        using IFile file = Files.Create(At("a"));
        file.Allocate(4096);
        using IFile other = Files.Open(At("a"), writable: true);
        byte* map = file.Map(4096);
        byte* otherMap = other.Map(4096);
        map[17] = 3;
        Assert.Equal(3, otherMap[17]);
        file.Unmap();
        Assert.Equal(3, otherMap[17]);
        Assert.Throws<InvalidOperationException>(() => { _ = other.Map(4096); });
    }

    [Fact]
    public void A_file_that_is_cut_and_grows_again_is_zero_there()
    {
        using IFile file = Files.Create(At("a"));
        file.Allocate(8192);
        new Span<byte>(file.Map(8192), 8192).Fill(7);
        file.Unmap();
        file.Truncate(100);
        Assert.Equal(100, file.Length);
        file.Allocate(8192);
        byte* map = file.Map(8192);
        Assert.Equal(7, map[99]);
        Assert.False(new Span<byte>(map + 100, 8092).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Bytes_that_are_written_show_in_a_mapping_and_stay()
    {
        byte[] bytes = [.. Enumerable.Range(0, 10_000).Select(i => (byte)(i % 251))];
        using (IFile file = Files.Create(At("a")))
        {
            file.Allocate(20_000);
            byte* map = file.Map(20_000);
            map[4_999] = 1;
            file.Write(5_000, bytes);
            Assert.Equal(bytes, new Span<byte>(map + 5_000, bytes.Length).ToArray());
            Assert.Equal(1, map[4_999]);
            Assert.Equal(0, map[15_000]);
            file.Write(20_000, []);
            file.Sync();
        }

        using IFile again = Files.Open(At("a"), writable: false);
        Assert.Equal(20_000, again.Length);
        Assert.Equal(bytes, new Span<byte>(again.Map(20_000) + 5_000, bytes.Length).ToArray());
        CheckFails("a", () => again.Write(0, bytes));
    }

    [Fact]
    public void A_file_can_grow_and_be_cut_while_it_is_mapped()
    {
        using IFile file = Files.Create(At("a"));
        file.Allocate(8192);
        byte* map = file.Map(8192);
        new Span<byte>(map, 8192).Fill(7);
        file.Allocate(12_000);
        file.Write(8000, new byte[4000]);
        Assert.Equal(7, map[7999]);
        Assert.Equal(0, map[8000]);

        file.Truncate(5000);
        Assert.Equal(5000, file.Length);
        Assert.Equal(7, map[4999]);
        file.Allocate(8192);
        Assert.False(new Span<byte>(map + 5000, 3192).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Allocating_less_than_is_there_changes_nothing()
    {
        using IFile file = Files.Create(At("a"));
        file.Allocate(8192);
        file.Allocate(4096);
        Assert.Equal(8192, file.Length);
    }

    [Fact]
    public void A_file_opened_for_reading_cannot_be_changed()
    {
        Files.Create(At("a")).Dispose();
        using IFile file = Files.Open(At("a"), writable: false);
        CheckFails("a", () => file.Allocate(4096));
        CheckFails("a", () => file.Truncate(0));
    }

    [Fact]
    public void A_rename_takes_the_place_of_what_was_there()
    {
        MakeFile("a", 1);
        MakeFile("b", 2);
        Files.Rename(At("a"), At("b"));
        Files.SyncDirectory(Folder);
        Assert.Equal(["b"], Files.List(Folder));
        Assert.Equal(1, FirstByte("b"));
    }

    [Fact]
    public void An_open_file_outlives_its_name()
    {
        using IFile file = Files.Create(At("a"));
        file.Allocate(4096);
        byte* map = file.Map(4096);
        Files.Unlink(At("a"));
        Files.SyncDirectory(Folder);
        map[0] = 1;
        file.Sync();
        Assert.Equal(1, map[0]);
        Assert.Equal(4096, file.Length);
        Assert.Empty(Files.List(Folder));
    }

    [Fact]
    public void A_lock_is_held_by_one_at_a_time_and_its_file_stays()
    {
        using (Files.Lock(At("lock")))
        {
            var error = Assert.Throws<FileLockedException>(() => Files.Lock(At("lock")));
            Assert.Contains(error.Holder, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(PathKind.File, Files.GetKind(At("lock")));
        Files.Lock(At("lock")).Dispose();
    }

    [Fact]
    public void A_lock_for_reading_is_shared_by_readers_alone_and_makes_no_file()
    {
        Assert.Null(Files.TryLockForReading(At("lock")));
        Assert.Empty(Files.List(Folder));
        using (Files.Lock(At("lock")))
        {
            var error = Assert.Throws<FileLockedException>(() => Files.TryLockForReading(At("lock")));
            Assert.Contains(error.Holder, error.Message, StringComparison.Ordinal);
        }

        using (IDisposable? first = Files.TryLockForReading(At("lock")))
        {
            Assert.NotNull(first);
            Files.TryLockForReading(At("lock"))!.Dispose();
            Assert.Throws<FileLockedException>(() => Files.Lock(At("lock")));
        }

        Files.Lock(At("lock")).Dispose();
    }

    protected string At(string name) => Path.Combine(Folder, name);

    private void MakeFile(string name, byte first)
    {
        using IFile file = Files.Create(At(name));
        file.Allocate(4096);
        *file.Map(4096) = first;
    }

    private byte FirstByte(string name)
    {
        using IFile file = Files.Open(At(name), writable: false);
        return *file.Map(file.Length);
    }

    private protected static void CheckFails(string named, Action call)
    {
        var error = Assert.ThrowsAny<IOException>(call);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}

public sealed class OperatingSystemFilesTests : FileSystemContract, IDisposable
{
    protected override IFileSystem Files => OperatingSystemFiles.Instance;

    protected override string Folder { get; } = Directory.CreateTempSubdirectory("kvs-files-").FullName;

    /// <summary>What these name cannot be synced, which is as near to a failing disk as a test can come.</summary>
    [Fact]
    public void A_sync_that_the_kernel_refuses_is_an_error()
    {
        using IFile file = Files.Open("/dev/null", writable: true);
        CheckFails("/dev/null", file.Sync);
        CheckFails("/proc", () => Files.SyncDirectory("/proc"));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

public sealed class SimulatedFilesContractTests : FileSystemContract, IDisposable
{
    private readonly SimulatedFiles _files = new();

    public SimulatedFilesContractTests() => _files.CreateDirectory(Folder);

    protected override IFileSystem Files => _files;

    protected override string Folder => "/folder";

    public void Dispose() => _files.Dispose();
}
