using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Promise P1: keys are linearizable, whatever threads do to them. A class of its own, so that it runs
/// beside the other tests.</summary>
public abstract class EngineHistoryContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private readonly ITestOutputHelper _output = output;

    /// <summary>How long the threads go on.</summary>
    protected virtual TimeSpan Duration => TimeSpan.FromSeconds(3);

    [Fact]
    public void Every_get_of_sixteen_threads_returns_a_value_that_was_current_during_the_call()
    {
        var workload = new RegisterWorkload
        {
            Seed = TestSeed.Choose(_output.WriteLine),
            Duration = TestDuration.Longer(Duration),
        };
        long calls = workload.Run(Engine);
        _output.WriteLine($"{calls} calls checked");
    }
}
