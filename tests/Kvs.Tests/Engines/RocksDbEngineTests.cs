using Kvs.RocksDb;
using Kvs.RocksDb.Native;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kvs.Tests;

/// <summary>The engine <c>rocksdb</c> on a folder of the operating system. Where RocksDB's library is missing, its
/// tests are skipped.</summary>
public sealed class RocksDbUnderTest : EngineUnderTest
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-test-").FullName;

    public override bool CanReopen => true;

    /// <summary>Skips the test that calls it where RocksDB's library is missing.</summary>
    public static void SkipWithoutLibrary()
    {
        if (!RocksDbLibrary.IsThere)
        {
            throw SkipException.ForSkip("RocksDB's library is not on this machine: apt-get install librocksdb7.8");
        }
    }

    public override IKvsEngine Open(Limits limits, TimeProvider clock)
    {
        try
        {
            SkipWithoutLibrary();
            return Reopen(limits, clock);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override IKvsEngine Reopen(Limits limits, TimeProvider clock) => RocksDbEngine.Open(_folder,
        new KvStoreOptions { Limits = limits, Clock = clock, SyncInterval = TimeSpan.FromMilliseconds(10) });

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }
}

public sealed class RocksDbEngineContractTests(ITestOutputHelper output) : EngineContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineConcurrencyTests(ITestOutputHelper output)
    : EngineConcurrencyContract<RocksDbUnderTest>(output)
{
    // How RocksDB bounds its space is its own affair; a set takes several times as long as those of the other engines.
    protected override int OverwriteTimes => 50;
}

public sealed class RocksDbEngineScanTests(ITestOutputHelper output) : EngineScanContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineHistoryTests(ITestOutputHelper output)
    : EngineHistoryContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineExtensionsTests(ITestOutputHelper output)
    : EngineExtensionsContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineConditionTests(ITestOutputHelper output)
    : EngineConditionContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineCounterTests(ITestOutputHelper output)
    : EngineCounterContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineExpiryTests(ITestOutputHelper output)
    : EngineExpiryContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineBatchTests(ITestOutputHelper output) : EngineBatchContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineManyTests(ITestOutputHelper output) : EngineManyContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineLeaseTests(ITestOutputHelper output) : EngineLeaseContract<RocksDbUnderTest>(output);

public sealed class RocksDbEngineConvenienceTests(ITestOutputHelper output)
    : EngineConvenienceContract<RocksDbUnderTest>(output);
