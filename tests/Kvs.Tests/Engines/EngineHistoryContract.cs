using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Keys are linearizable, whatever threads do to them. A class of its own, so that it runs
/// beside the other tests.</summary>
public abstract class EngineHistoryContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private readonly ITestOutputHelper _output = output;

    /// <summary>How long the threads go on.</summary>
    protected virtual TimeSpan Duration => TimeSpan.FromSeconds(3);

    [Fact]
    public void Whatever_sixteen_threads_do_to_keys_happens_in_some_order_that_explains_all_they_see()
    {
        var workload = new HistoryWorkload
        {
            Seed = TestSeed.Choose(_output.WriteLine),
            Duration = TestDuration.Longer(Duration),
        };
        long calls = workload.Run(Engine);
        _output.WriteLine($"{calls} calls checked");
    }
}
