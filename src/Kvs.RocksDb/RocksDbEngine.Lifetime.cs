using System.Diagnostics;
using Kvs.Files;
using Kvs.Folder;
using Kvs.Monitoring;
using Kvs.RocksDb.Native;
using Kvs.RocksDb.Rows;

namespace Kvs.RocksDb;

/// <content>How the engine begins and ends, its syncs, and what it says of itself.</content>
public sealed partial class RocksDbEngine
{
    /// <summary>What RocksDB's cache of blocks grows to, in MiB, unless told otherwise.</summary>
    internal const int DefaultBlockCacheMiB = 512;

    /// <summary>The folder of RocksDB's files, in that of the engine.</summary>
    private const string DatabaseFolder = "rocksdb";

    /// <summary>Keys are counted up to this number, which takes some 20 ms; RocksDB itself only estimates.</summary>
    private const long MaxCountedKeys = 100_000;

    /// <summary>The longest time that a write waits for a sync, whatever its durability.</summary>
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(30);

    // Whether this process has had a store open: then it must end by Exit. Never set back.
    private static bool s_wasOpened;

    private readonly EpochGate _gate = new(first: 1, nameof(RocksDbEngine));
    private readonly RowLocks _locks = new();
    private readonly KvStoreOptions _options;
    private readonly StoreEvents _events;
    private readonly string _folder;
    private readonly IDisposable _folderLock;
    private readonly ulong _hashSeed;
    private readonly RocksDatabase _database;
    private readonly VersionSource _versions;
    private readonly LogSync _sync;
    private readonly TimeSpan _openTime;
    private string? _poison;

    private RocksDbEngine(string folder, KvStoreOptions options, int blockCacheMiB)
    {
        long start = Stopwatch.GetTimestamp();
        _options = options;
        _events = new StoreEvents(folder, options.Log);
        _folder = Path.Combine(folder, DatabaseFolder);
        var claim = FolderClaim.Take(options.FileSystem, folder, EngineName);
        _folderLock = claim.Lock;
        _hashSeed = claim.Marker.Secret.HashSeed;
        try
        {
            _database = new RocksDatabase(_folder, blockCacheMiB, options.Clock);
            _versions = MakeVersions();
        }
        catch (IOException e)
        {
            _folderLock.Dispose();
            throw new KvsFolderException(folder, $"{folder} cannot be opened: {e.Message}", e);
        }
        catch
        {
            _folderLock.Dispose();
            throw;
        }

        _sync = new LogSync(SyncLog);
        Volatile.Write(ref s_wasOpened, true);
        _openTime = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Called before each sync of the log, for tests that let it fail.</summary>
    internal Action? BeforeSync { get; set; }

    /// <summary>Lets programs open the engine by its name.</summary>
    public static void Register() => KvsEngines.Register(EngineName, Open);

    /// <summary>
    /// How programs that may have opened the engine end. Does not return where a store was opened: at a process's end
    /// the library destroys what threads of its own may still use, and now and then aborts ("pthread lock: Invalid
    /// argument"), long after all stores were closed: so where one was opened, the process ends here, without that.
    /// </summary>
    /// <returns>The exit code, where the library was not used.</returns>
    public static int Exit(int exitCode)
    {
        if (Volatile.Read(ref s_wasOpened))
        {
            Console.Out.Flush();
            Console.Error.Flush();
            ProcessEnd.ExitAtOnce(exitCode);
        }

        return exitCode;
    }

    /// <summary>Loads RocksDB's library and says which file it was.</summary>
    /// <exception cref="RocksDbMissingException">It is not on this machine.</exception>
    public static string RequireLibrary() => RocksDbLibrary.Require();

    /// <summary>Opens the store in a folder, which is made if missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How the store is opened. What they say of partitions, segments and compaction is the
    /// engine kvs's own affair and means nothing here.</param>
    /// <exception cref="RocksDbMissingException">The library is not on this machine.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or the files are to be somewhere else than
    /// with the operating system.</exception>
    /// <exception cref="KvsFolderException">The folder is in use, is another engine's, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">What is stored is not as it was written.</exception>
    public static RocksDbEngine Open(string folder, KvStoreOptions options) =>
        Open(folder, options, DefaultBlockCacheMiB);

    /// <inheritdoc cref="Open(string, KvStoreOptions)"/>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How the store is opened.</param>
    /// <param name="blockCacheMiB">What RocksDB's cache of blocks grows to.</param>
    internal static RocksDbEngine Open(string folder, KvStoreOptions options, int blockCacheMiB)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (options.FileSystem is not OperatingSystemFiles)
        {
            throw new ArgumentException("RocksDB keeps its files with the operating system.", nameof(options));
        }

        RequireLibrary();
        return new RocksDbEngine(Path.GetFullPath(folder), options, blockCacheMiB);
    }

    /// <summary>Merges all that RocksDB has on disk, and drops what has expired. Reads and writes go on meanwhile.
    /// </summary>
    public void Compact()
    {
        using Inside inside = Enter();
        _database.Compact();
    }

    /// <inheritdoc/>
    public void Flush()
    {
        using Inside inside = Enter();
        _sync.SyncAsync().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        using Inside inside = Enter();
        return new ValueTask(_sync.SyncAsync().WaitAsync(cancellation));
    }

    /// <inheritdoc/>
    public EngineStatistics GetStatistics()
    {
        using Inside inside = Enter();
        (long keys, bool isAll) = new RowScan(_database, _folder, Now).Count(MaxCountedKeys);
        return new EngineStatistics
        {
            Engine = Name,
            Keys = isAll ? keys : Math.Max(keys, _database.GetProperty("rocksdb.estimate-num-keys")),
            IndexBytes = _database.GetProperty("rocksdb.estimate-table-readers-mem"),
            DiskBytes = SumFiles(),
            LiveBytes = _database.GetProperty("rocksdb.estimate-live-data-size") +
                _database.GetProperty("rocksdb.cur-size-all-mem-tables"),
            OpenTime = _openTime,
        };
    }

    /// <summary>
    /// Ends the engine: whatever has begun finishes, everything is synced, and the folder is free for the next. May be
    /// called more than once.
    /// </summary>
    /// <exception cref="KvsWriteException">The last sync failed; what it should have covered may be lost in a power
    /// cut. The folder is free all the same.</exception>
    public void Dispose()
    {
        _gate.ThrowIfInside();
        if (!_gate.Close())
        {
            return;
        }

        try
        {
            _sync.SyncAsync().GetAwaiter().GetResult();
        }
        finally
        {
            _sync.Dispose();
            _database.Dispose();
            _folderLock.Dispose();
        }
    }

    /// <summary>Waits until RocksDB has nothing left to do behind its callers' backs, so that who is measured next does
    /// not pay for it.</summary>
    /// <exception cref="TimeoutException">It has not come to an end within <paramref name="limit"/>.</exception>
    internal void Settle(TimeSpan limit)
    {
        Flush();
        long start = Stopwatch.GetTimestamp();
        while (IsBusy())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException(
                    $"RocksDB is still compacting after {limit.TotalMinutes} minutes without writes.");
            }

            Thread.Sleep(millisecondsTimeout: 5);
        }
    }

    private bool IsBusy()
    {
        using Inside inside = Enter();
        return _database.IsBusy;
    }

    private VersionSource MakeVersions()
    {
        try
        {
            return new VersionSource(_database, _folder);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    private void SyncLog()
    {
        ThrowIfPoisoned();
        try
        {
            BeforeSync?.Invoke();
            _database.SyncLog();
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Poison("A sync failed", e);
        }
    }

    /// <summary>What RocksDB throws.</summary>
    private static bool IsFailure(Exception e) => e is IOException or KvsDamageException;

    private void ThrowIfPoisoned()
    {
        if (Volatile.Read(ref _poison) is { } poison)
        {
            throw new KvsWriteException(poison, isFinal: true);
        }
    }

    /// <summary>Lets no more writes in: what RocksDB did not take as a whole, nobody may write behind.</summary>
    private KvsWriteException Poison(string what, Exception failure)
    {
        string message = $"{what}, and the store takes no more writes until it is opened again; reads go on. " +
            failure.Message;
        if (Interlocked.CompareExchange(ref _poison, message, comparand: null) is null)
        {
            _events.Poisoned(message);
        }

        return new KvsWriteException(message, isFinal: true, failure);
    }

    /// <summary>The bytes of all files. RocksDB removes some at any time.</summary>
    private long SumFiles()
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles())
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // Gone since it was listed, and so are its bytes.
            }
        }

        return bytes;
    }
}
