using Kvs.Memory;
using Xunit.Abstractions;

namespace Kvs.Tests;

public sealed class MemoryUnderTest : EngineUnderTest
{
    public override IKvsEngine Open(Limits limits, TimeProvider clock) => new MemoryEngine(limits, clock);
}

public sealed class MemoryEngineContractTests(ITestOutputHelper output) : EngineContract<MemoryUnderTest>(output);

public sealed class MemoryEngineConcurrencyTests(ITestOutputHelper output)
    : EngineConcurrencyContract<MemoryUnderTest>(output);

public sealed class MemoryEngineScanTests(ITestOutputHelper output) : EngineScanContract<MemoryUnderTest>(output);

public sealed class MemoryEngineHistoryTests(ITestOutputHelper output)
    : EngineHistoryContract<MemoryUnderTest>(output);

public sealed class MemoryEngineExtensionsTests(ITestOutputHelper output)
    : EngineExtensionsContract<MemoryUnderTest>(output);

public sealed class MemoryEngineConditionTests(ITestOutputHelper output)
    : EngineConditionContract<MemoryUnderTest>(output);

public sealed class MemoryEngineCounterTests(ITestOutputHelper output) : EngineCounterContract<MemoryUnderTest>(output);

public sealed class MemoryEngineExpiryTests(ITestOutputHelper output) : EngineExpiryContract<MemoryUnderTest>(output);

public sealed class MemoryEngineBatchTests(ITestOutputHelper output) : EngineBatchContract<MemoryUnderTest>(output);

public sealed class MemoryEngineManyTests(ITestOutputHelper output) : EngineManyContract<MemoryUnderTest>(output);

public sealed class MemoryEngineLeaseTests(ITestOutputHelper output) : EngineLeaseContract<MemoryUnderTest>(output);

public sealed class MemoryEngineConvenienceTests(ITestOutputHelper output)
    : EngineConvenienceContract<MemoryUnderTest>(output);
