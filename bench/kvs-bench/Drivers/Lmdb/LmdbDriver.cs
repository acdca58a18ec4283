using Kvs.CommandLine;

namespace Kvs.Bench.Drivers.Lmdb;

/// <summary>
/// LMDB: a B+ tree in one mapped file, one writer at a time, readers without locks, no checksums.
/// </summary>
/// <remarks>
/// The durabilities, as near as LMDB has them:
/// process: MDB_WRITEMAP and MDB_NOSYNC. A commit stores into the shared mapping, which the kernel owns, so it survives
/// the death of the process without a system call, as with kvs. A power cut may leave an unusable file, which kvs does
/// not allow.
/// interval: the same, and mdb_env_sync by a thread of ours.
/// disk: LMDB's defaults: each commit writes its pages and syncs.
/// </remarks>
internal sealed class LmdbDriver : IDriver
{
    private const long MinMapBytes = 16L * 1024 * 1024 * 1024;
    private const int MapPerData = 16;
    private const uint OwnerOnlyFile = 0x180; // 0600

    private readonly nint _environment;
    private readonly uint _database;
    private readonly IntervalSync? _intervalSync;

    internal LmdbDriver(string folder, DriverSettings settings)
    {
        PeerLibraries.RequireLmdb();
        Directory.CreateDirectory(folder);
        LmdbLibrary.Check(LmdbLibrary.CreateEnvironment(out _environment));
        try
        {
            int maxKeyBytes = LmdbLibrary.GetMaxKeyBytes(_environment);
            if (settings.MaxKeyBytes > maxKeyBytes)
            {
                throw new ProgramException($"lmdb takes keys of {maxKeyBytes} bytes at most: give less --key-bytes.");
            }

            LmdbLibrary.Check(LmdbLibrary.SetMapSize(_environment, MapBytes(settings)));
            LmdbLibrary.Check(LmdbLibrary.SetMaxReaders(_environment, (uint)settings.Threads + 1));
            LmdbLibrary.Check(LmdbLibrary.Open(_environment, folder, Flags(settings), OwnerOnlyFile));
            _database = OpenDatabase();
        }
        catch
        {
            LmdbLibrary.Close(_environment);
            throw;
        }

        _intervalSync = IntervalSync.Start(settings, Settle);
    }

    /// <inheritdoc/>
    public long? IndexBytes => null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => new LmdbSession(_environment, _database);

    /// <inheritdoc/>
    public void Settle() => LmdbLibrary.Check(LmdbLibrary.Sync(_environment, force: 1));

    /// <inheritdoc/>
    public void Dispose()
    {
        _intervalSync?.Dispose();
        LmdbLibrary.Close(_environment);
    }

    internal static string Describe(DriverSettings settings)
    {
        PeerLibraries.RequireLmdb();
        string mode = settings.Durability switch
        {
            Durability.Disk => "its default mode, synced at each commit",
            Durability.Interval => "MDB_WRITEMAP, MDB_NOSYNC, and mdb_env_sync each interval",
            _ => "MDB_WRITEMAP, MDB_NOSYNC (a power cut may leave an unusable file)",
        };
        return $"{LmdbLibrary.Version}; {mode}; a transaction for each set, or for each batch (atomic); a get renews " +
               $"a read transaction; map of {MapBytes(settings) >> 30} GiB; no checksums";
    }

    private static nuint MapBytes(DriverSettings settings) =>
        (nuint)Math.Max(MinMapBytes, settings.DataBytes * MapPerData);

    private static uint Flags(DriverSettings settings) => LmdbLibrary.NoThreadLocal |
        (settings.Durability == Durability.Disk ? 0 : LmdbLibrary.WriteMap | LmdbLibrary.NoSync);

    private unsafe uint OpenDatabase()
    {
        LmdbLibrary.Check(LmdbLibrary.Begin(_environment, 0, 0, out nint transaction));
        int result = LmdbLibrary.OpenDatabase(transaction, null, 0, out uint database);
        if (result != 0)
        {
            LmdbLibrary.Abort(transaction);
            LmdbLibrary.Check(result);
        }

        LmdbLibrary.Check(LmdbLibrary.Commit(transaction));
        return database;
    }
}
