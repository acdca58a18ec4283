using Kvs.RocksDb;
using Kvs.RocksDb.Native;

namespace Kvs.Tests;

/// <summary>What the engine <c>rocksdb</c> promises of its folder besides the contract of engines.</summary>
public sealed class RocksDbStoreTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly string _root = Directory.CreateTempSubdirectory("kvs-test-").FullName;
    private readonly HandDrivenClock _clock = new();

    public RocksDbStoreTests()
    {
        try
        {
            RocksDbUnderTest.SkipWithoutLibrary();
            RocksDbEngine.Register();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string Folder => Path.Combine(_root, "store");

    private string Database => Path.Combine(Folder, "rocksdb");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_folder_is_opened_by_the_engine_that_made_it_and_refused_by_the_others_with_both_names()
    {
        using (IKvsEngine made = KvsEngines.Open("rocksdb", Folder, new KvStoreOptions()))
        {
            made.Set("key", "value");
        }

        string[] before = Snapshot();
        foreach (string other in (string[])["kvs", "memory"])
        {
            var error = Assert.Throws<KvsFolderException>(() => KvsEngines.Open(other, Folder, new KvStoreOptions()));
            Assert.Contains("rocksdb", error.Message, StringComparison.Ordinal);
            Assert.Contains($"engine {other}", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, Snapshot());
        }

        using IKvsEngine again = KvsEngines.Open(engine: null, Folder, new KvStoreOptions());
        Assert.Equal(("rocksdb", "value"), (again.Name, again.GetString("key")));
    }

    [Fact]
    public void A_folder_of_the_engine_kvs_is_refused_with_both_names_and_left_alone()
    {
        KvStore.Open(Folder).Dispose();
        string[] before = Snapshot();
        var error = Assert.Throws<KvsFolderException>(Open);
        Assert.Contains("engine kvs", error.Message, StringComparison.Ordinal);
        Assert.Contains("engine rocksdb", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void A_folder_in_use_is_refused_and_the_process_named()
    {
        using RocksDbEngine first = Open();
        var error = Assert.Throws<KvsFolderException>(Open);
        Assert.Contains($"in use by process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        first.Set("key", "value");
        Assert.Equal("value", first.GetString("key"));
    }

    [Fact]
    public void A_database_that_has_lost_a_file_is_refused_and_not_made_anew()
    {
        using (RocksDbEngine engine = Open())
        {
            engine.Set("key", "value");
        }

        File.Move(Path.Combine(Database, "CURRENT"), Path.Combine(_root, "CURRENT"));
        Assert.Contains("CURRENT", Assert.Throws<KvsFolderException>(Open).Message, StringComparison.Ordinal);
        File.Move(Path.Combine(_root, "CURRENT"), Path.Combine(Database, "CURRENT"));
        using RocksDbEngine restored = Open();
        Assert.Equal("value", restored.GetString("key"));
    }

    [Fact]
    public void Damage_is_an_error_and_never_another_value_or_a_missing_key()
    {
        const int Keys = 1_000;
        using (RocksDbEngine engine = Open())
        {
            for (int i = 0; i < Keys; i++)
            {
                engine.Set($"key-{i}", $"value-{i}");
            }

            engine.Compact();
        }

        string table = Directory.GetFiles(Database, "*.sst").OrderBy(file => new FileInfo(file).Length).Last();
        byte[] bytes = File.ReadAllBytes(table);
        bytes[bytes.Length / 3] ^= 1;
        File.WriteAllBytes(table, bytes);

        using RocksDbEngine damaged = Open();
        int errors = 0;
        for (int i = 0; i < Keys; i++)
        {
            try
            {
                Assert.Equal($"value-{i}", damaged.GetString($"key-{i}"));
            }
            catch (KvsDamageException e)
            {
                Assert.Equal(table, e.File);
                Assert.InRange(e.Offset, 1, bytes.Length);
                errors++;
            }
        }

        Assert.InRange(errors, 1, Keys - 1);
        Assert.Throws<KvsDamageException>(() => damaged.ScanAll().Count());
        Assert.Throws<KvsDamageException>(
            () => damaged.GetMany([.. Enumerable.Range(0, Keys).Select(i => $"key-{i}")]));
    }

    [Fact]
    public void What_has_expired_gives_its_space_back_and_never_lets_an_older_value_through()
    {
        using RocksDbEngine engine = Open();
        byte[] value = new byte[1_000];
        Random.Shared.NextBytes(value);
        for (int i = 0; i < 2_000; i++)
        {
            engine.Set(Key(i), value);
        }

        engine.Compact();
        for (int i = 0; i < 2_000; i++)
        {
            engine.TrySet(Key(i), value, new WriteOptions { ExpiresIn = (1 + (i % 2)) * Hour });
        }

        engine.Compact();
        long bytes = TableBytes();
        _clock.Advance(Hour);
        engine.Compact();
        Assert.InRange(TableBytes(), 1, bytes * 6 / 10);
        Assert.All(Enumerable.Range(0, 2_000), i => Assert.Equal(i % 2 == 1, engine.Contains(Key(i))));
        Assert.Equal(1_000, engine.GetStatistics().Keys);
    }

    [Fact]
    public void A_value_whose_moment_had_passed_when_it_was_set_is_not_met_by_a_scan_under_way()
    {
        var clock = new InterruptedClock();
        using var engine = RocksDbEngine.Open(Folder, new KvStoreOptions { Clock = clock });
        clock.BehindNextLook = now =>
        {
            clock.Offset = 2 * Hour;
            engine.TrySet(Key(0), Key(0), new WriteOptions { ExpiresAt = now + Hour });
        };
        Assert.Empty(engine.ScanAll());
        Assert.Null(clock.BehindNextLook);
    }

    /// <summary>A power cut may take writes whose versions clients have seen.</summary>
    [Fact]
    public void A_version_that_a_power_cut_has_taken_is_not_given_again()
    {
        string cut = Path.Combine(_root, "cut");
        ulong lost;
        using (RocksDbEngine engine = Open())
        {
            CopyFolder(Folder, cut);
            lost = engine.TrySet(Key(0), Key(0), default).Version;
        }

        using RocksDbEngine after = RocksDbEngine.Open(cut, new KvStoreOptions());
        Assert.False(after.Contains(Key(0)));
        Assert.InRange(after.TrySet(Key(0), Key(0), default).Version, lost + 1, ulong.MaxValue);
    }

    [Fact]
    public void The_keys_of_a_large_store_are_estimated()
    {
        const int Keys = 150_000;
        using RocksDbEngine engine = Open();
        engine.SetMany([.. Enumerable.Range(0, Keys).Select(i => new KvsEntry(Key(i), Key(i)))]);
        engine.Compact();
        Assert.InRange(engine.GetStatistics().Keys, Keys * 9 / 10, Keys * 11 / 10);
    }

    [Fact]
    public void A_library_that_is_missing_or_too_old_is_not_taken()
    {
        Assert.False(new NativeLibrarySearch(["libkvs-nothing.so.1"], "open").TryLoad(out _, out _));
        Assert.False(new NativeLibrarySearch(["libc.so.6"], "rocksdb_open").TryLoad(out _, out _));
        Assert.True(new NativeLibrarySearch(["libkvs-nothing.so.1", "libc.so.6"], "open").TryLoad(out _, out string? file));
        Assert.Equal("libc.so.6", file);
    }

    private static byte[] Key(int number) => BitConverter.GetBytes(number);

    private RocksDbEngine Open() => RocksDbEngine.Open(Folder, new KvStoreOptions { Clock = _clock });

    private long TableBytes() => Directory.GetFiles(Database, "*.sst").Sum(file => new FileInfo(file).Length);

    private string[] Snapshot() =>
    [
        .. Directory.GetFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => File.Exists(path) ? $"{path} {Convert.ToHexString(File.ReadAllBytes(path))}" : path),
    ];

    /// <summary>A clock behind one look at which something happens.</summary>
    private sealed class InterruptedClock : TimeProvider
    {
        internal TimeSpan Offset { get; set; }

        internal Action<DateTimeOffset>? BehindNextLook { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            DateTimeOffset now = System.GetUtcNow() + Offset;
            Action<DateTimeOffset>? interruption = BehindNextLook;
            BehindNextLook = null;
            interruption?.Invoke(now);
            return now;
        }
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        // The lock holds nothing, and is held.
        foreach (string path in Directory.GetFiles(from).Where(path => Path.GetFileName(path) is not "lock"))
        {
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
        }

        foreach (string path in Directory.GetDirectories(from))
        {
            CopyFolder(path, Path.Combine(to, Path.GetFileName(path)));
        }
    }
}
