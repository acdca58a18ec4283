using System.Diagnostics;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>All promises at once: a store and the engine in memory are told the same, and hold the same, whatever
/// compacts, expires, crashes or is opened again in between.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    [Fact]
    public void A_store_holds_what_an_engine_in_memory_does_whatever_crashes() => RunFor(TimeSpan.FromSeconds(10));

    private void RunFor(TimeSpan duration)
    {
        duration = TestDuration.Longer(duration);
        long start = Stopwatch.GetTimestamp();
        int seed = TestSeed.Choose(output.WriteLine);
        int runs = 0;
        do
        {
            using var run = new ModelRun(seed);
            try
            {
                run.Run();
            }
            catch (Exception)
            {
                output.WriteLine($"Failed with seed {seed}");
                output.WriteLine(run.Story);
                throw;
            }

            seed++;
            runs++;
        }
        while (Stopwatch.GetElapsedTime(start) < duration);

        output.WriteLine($"{runs} stores");
    }
}
