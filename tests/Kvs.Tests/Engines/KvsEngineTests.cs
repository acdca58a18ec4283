using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>The engine <c>kvs</c> on a folder of the operating system, with segments so small that every test fills
/// some.</summary>
public sealed class KvsUnderTest : EngineUnderTest
{
    private const int SegmentBytes = 1024 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-test-").FullName;

    public override bool CanReopen => true;

    public override IKvsEngine Open(Limits limits, TimeProvider clock) => Reopen(limits, clock);

    public override IKvsEngine Reopen(Limits limits, TimeProvider clock) => KvStore.Open(_folder, new KvStoreOptions
    {
        Limits = limits,
        Clock = clock,
        SegmentBytes = SegmentBytes,
        FirstSegmentBytes = 64 * 1024,

        // Commits as often as can be, so that segments are sealed and dropped in the middle of a test.
        SyncInterval = TimeSpan.FromMilliseconds(10),
    });

    public override void CheckSpaceAfterOverwriting(int valueBytes, int times)
    {
        // What was overwritten is given back in the background: wait for it, as long as it gets less.
        long bound = (1_000 * (valueBytes + 100L) * 2) + (8L * SegmentBytes);
        long size = FolderBytes();
        for (int i = 0; i < 100 && size > bound; i++)
        {
            Thread.Sleep(100);
            size = FolderBytes();
        }

        Assert.True(size <= bound, $"{size} bytes on disk, and {bound} would be enough");
    }

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    private long FolderBytes() => new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length);
}

public sealed class KvsEngineContractTests(ITestOutputHelper output) : EngineContract<KvsUnderTest>(output);

public sealed class KvsEngineConcurrencyTests(ITestOutputHelper output)
    : EngineConcurrencyContract<KvsUnderTest>(output);

public sealed class KvsEngineScanTests(ITestOutputHelper output) : EngineScanContract<KvsUnderTest>(output);

public sealed class KvsEngineHistoryTests(ITestOutputHelper output) : EngineHistoryContract<KvsUnderTest>(output)
{
    protected override TimeSpan Duration => TimeSpan.FromSeconds(30);
}

public sealed class KvsEngineExtensionsTests(ITestOutputHelper output)
    : EngineExtensionsContract<KvsUnderTest>(output);

public sealed class KvsEngineConditionTests(ITestOutputHelper output) : EngineConditionContract<KvsUnderTest>(output);

public sealed class KvsEngineCounterTests(ITestOutputHelper output) : EngineCounterContract<KvsUnderTest>(output);

public sealed class KvsEngineExpiryTests(ITestOutputHelper output) : EngineExpiryContract<KvsUnderTest>(output);

public sealed class KvsEngineBatchTests(ITestOutputHelper output) : EngineBatchContract<KvsUnderTest>(output);

public sealed class KvsEngineManyTests(ITestOutputHelper output) : EngineManyContract<KvsUnderTest>(output);

public sealed class KvsEngineLeaseTests(ITestOutputHelper output) : EngineLeaseContract<KvsUnderTest>(output);

public sealed class KvsEngineConvenienceTests(ITestOutputHelper output)
    : EngineConvenienceContract<KvsUnderTest>(output);
