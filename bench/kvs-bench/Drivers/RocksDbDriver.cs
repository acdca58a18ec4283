using Kvs.CommandLine;
using Kvs.RocksDb;

namespace Kvs.Bench.Drivers;

/// <summary>RocksDB, through the engine of that name: a log, tables in memory, and sorted tables on disk that are
/// merged in the background.</summary>
internal sealed class RocksDbDriver : IDriver
{
    private const int CachePerData = 3;
    private const int BytesPerMiBShift = 20;

    private static readonly TimeSpan s_settleLimit = TimeSpan.FromMinutes(5);

    private readonly RocksDbEngine _engine;
    private readonly EngineDriver _driver;

    internal RocksDbDriver(string folder, DriverSettings settings)
    {
        _engine = RocksDbEngine.Open(folder, EngineDriver.OptionsFor(settings), BlockCacheMiB(settings));
        _driver = new EngineDriver(_engine, settings);
    }

    /// <inheritdoc/>
    public long? IndexBytes => null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => _driver.CreateSession();

    /// <inheritdoc/>
    public void Settle()
    {
        try
        {
            _engine.Settle(s_settleLimit);
        }
        catch (TimeoutException e)
        {
            throw new ProgramException(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _driver.Dispose();

    internal static string Describe(DriverSettings settings)
    {
        string log = settings.Durability switch
        {
            Durability.Disk => "log synced with each write",
            Durability.Interval => "log on, synced each interval",
            _ => "log on, not synced",
        };
        return $"{RocksDbEngine.RequireLibrary()}; {log}; no compression; OptimizeForPointLookup with a block cache of " +
               $"{BlockCacheMiB(settings)} MiB; IncreaseParallelism({Environment.ProcessorCount}); a hash of 8 bytes in " +
               "front of each key, version and expiry, 16 bytes, in front of each value; a WriteBatch for each batch " +
               "(atomic), batched MultiGet; checksums are verified when a block is read into the cache, not with each " +
               "get";
    }

    private static int BlockCacheMiB(DriverSettings settings) => (int)Math.Max(RocksDbEngine.DefaultBlockCacheMiB,
        settings.DataBytes * CachePerData >> BytesPerMiBShift);
}
