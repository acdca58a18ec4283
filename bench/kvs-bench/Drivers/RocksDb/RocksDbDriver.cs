using Kvs.CommandLine;

namespace Kvs.Bench.Drivers.RocksDb;

/// <summary>RocksDB: a log, tables in memory, and sorted tables on disk that are merged in the background.</summary>
/// <remarks>
/// The log is on at every durability, and a put has handed its record to the kernel when it returns: it survives the
/// death of the process. disk syncs the log with each write; interval syncs it from a thread of ours.
/// </remarks>
internal sealed unsafe class RocksDbDriver : IDriver
{
    private const long MinBlockCacheMiB = 512;
    private const int CachePerData = 3;
    private const int BytesPerMiBShift = 20;

    private static readonly TimeSpan s_settlePoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_settleLimit = TimeSpan.FromMinutes(5);

    private static readonly string[] s_backgroundWork =
    [
        "rocksdb.mem-table-flush-pending", "rocksdb.compaction-pending", "rocksdb.num-running-flushes",
        "rocksdb.num-running-compactions",
    ];

    private readonly nint _options;
    private readonly nint _database;
    private readonly nint _family;
    private readonly nint _readOptions;
    private readonly nint _writeOptions;
    private readonly IntervalSync? _intervalSync;

    internal RocksDbDriver(string folder, DriverSettings settings)
    {
        PeerLibraries.Require(PeerLibraries.RocksDb);
        Directory.CreateDirectory(folder);
        _options = RocksDbLibrary.CreateOptions();
        RocksDbLibrary.SetCreateIfMissing(_options, 1);
        RocksDbLibrary.SetCompression(_options, RocksDbLibrary.NoCompression);
        RocksDbLibrary.SetLogLevel(_options, RocksDbLibrary.LogWarnings);
        RocksDbLibrary.IncreaseParallelism(_options, Environment.ProcessorCount);
        RocksDbLibrary.OptimizeForPointLookup(_options, (ulong)BlockCacheMiB(settings));
        _readOptions = RocksDbLibrary.CreateReadOptions();
        _writeOptions = RocksDbLibrary.CreateWriteOptions();
        RocksDbLibrary.SetSync(_writeOptions, settings.Durability == Durability.Disk ? (byte)1 : (byte)0);
        try
        {
            (_database, _family) = Open(folder);
        }
        catch
        {
            DestroyOptions();
            throw;
        }

        _intervalSync = IntervalSync.Start(settings, SyncLog);
    }

    /// <inheritdoc/>
    public long? IndexBytes => null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => new RocksDbSession(_database, _family, _readOptions, _writeOptions);

    /// <inheritdoc/>
    public void Settle()
    {
        SyncLog();
        long end = Environment.TickCount64 + (long)s_settleLimit.TotalMilliseconds;
        while (s_backgroundWork.Any(IsBusy))
        {
            if (Environment.TickCount64 > end)
            {
                throw new ProgramException(
                    $"rocksdb is still compacting after {s_settleLimit.TotalMinutes} minutes without writes.");
            }

            Thread.Sleep(s_settlePoll);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _intervalSync?.Dispose();
        RocksDbLibrary.DestroyFamily(_family);
        RocksDbLibrary.Close(_database);
        DestroyOptions();
    }

    internal static string Describe(DriverSettings settings)
    {
        string log = settings.Durability switch
        {
            Durability.Disk => "log synced with each write",
            Durability.Interval => "log on, synced each interval",
            _ => "log on, not synced",
        };
        return $"{PeerLibraries.Require(PeerLibraries.RocksDb)}; {log}; no compression; OptimizeForPointLookup with " +
               $"a block cache of {BlockCacheMiB(settings)} MiB; IncreaseParallelism({Environment.ProcessorCount}); " +
               "a WriteBatch for each batch (atomic), batched MultiGet; checksums are verified when a block is read " +
               "into the cache, not with each get";
    }

    private static long BlockCacheMiB(DriverSettings settings) =>
        Math.Max(MinBlockCacheMiB, settings.DataBytes * CachePerData >> BytesPerMiBShift);

    private (nint Database, nint Family) Open(string folder)
    {
        nint options = _options;
        nint family = 0;
        byte* error = null;
        nint database;
        fixed (byte* name = RocksDbLibrary.DefaultFamily)
        {
            byte* names = name;
            database = RocksDbLibrary.Open(_options, folder, families: 1, &names, &options, &family, &error);
        }

        RocksDbLibrary.Check(error);
        return (database, family);
    }

    private bool IsBusy(string property) =>
        RocksDbLibrary.GetProperty(_database, property, out ulong value) == 0 && value != 0;

    private void SyncLog()
    {
        byte* error = null;
        RocksDbLibrary.FlushLog(_database, sync: 1, &error);
        RocksDbLibrary.Check(error);
    }

    private void DestroyOptions()
    {
        RocksDbLibrary.DestroyReadOptions(_readOptions);
        RocksDbLibrary.DestroyWriteOptions(_writeOptions);
        RocksDbLibrary.DestroyOptions(_options);
    }
}
