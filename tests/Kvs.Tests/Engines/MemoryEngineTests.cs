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
