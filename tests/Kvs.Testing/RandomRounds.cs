using System.Diagnostics;
using System.Globalization;

namespace Kvs.Testing;

/// <summary>
/// Rounds of a random test, on all processors. Each round has a seed of its own, counted from that of
/// <see cref="TestSeed"/>, so that the one that failed can be run alone.
/// </summary>
public static class RandomRounds
{
    /// <summary>So many cases each test tries at least, when it is to be exhaustive.</summary>
    public const long ExhaustiveCases = 2_000_000;

    /// <summary>Whether the environment wants tests to leave nothing out.</summary>
    public static bool IsExhaustive { get; } = Environment.GetEnvironmentVariable("KVS_TEST_EXHAUSTIVE") is not null;

    /// <summary>Runs rounds for some time, or for <see cref="TestDuration.Variable"/> where that is longer.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="print">The test's output.</param>
    /// <param name="run">One round; returns how many cases it tried.</param>
    public static void For(TimeSpan duration, Action<string> print, Func<Random, int> run)
    {
        duration = TestDuration.Longer(duration);
        long atLeast = IsExhaustive ? ExhaustiveCases : 0;
        int next = TestSeed.Choose(print);
        long start = Stopwatch.GetTimestamp();
        long cases = 0;
        bool hasFailed = false;
        ThreadGroup.Run(Environment.ProcessorCount, _ =>
        {
            do
            {
                int seed = Interlocked.Increment(ref next) - 1;
                try
                {
                    Interlocked.Add(ref cases, run(new Random(seed)));
                }
                catch (Exception)
                {
                    Volatile.Write(ref hasFailed, true);
                    print($"Failed with seed {seed}");
                    throw;
                }
            }
            while (!Volatile.Read(ref hasFailed) &&
                (Stopwatch.GetElapsedTime(start) < duration || Interlocked.Read(ref cases) < atLeast));
        });
        print(string.Create(CultureInfo.InvariantCulture, $"{cases:N0} cases"));
    }
}
