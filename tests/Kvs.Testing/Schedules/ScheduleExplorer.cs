using System.Diagnostics;
using System.Globalization;

namespace Kvs.Testing.Schedules;

/// <summary>Runs a scenario under many random schedules.</summary>
public static class ScheduleExplorer
{
    /// <summary>The environment variable that says how many schedules each scenario runs, in place of its own number.
    /// </summary>
    public const string Variable = "KVS_TEST_SCHEDULES";

    /// <summary>
    /// Runs schedules on all processors. The i-th, from 0, follows from <paramref name="seed"/> + i alone, so that the
    /// seed of one that fails runs that one first.
    /// </summary>
    /// <param name="makeScenario">Makes the scenario, once for each processor.</param>
    /// <param name="count">How many schedules, unless <see cref="Variable"/> says otherwise.</param>
    /// <param name="seed">The seed of the first.</param>
    /// <exception cref="ScheduleFailedException">What a schedule promises does not hold.</exception>
    public static ScheduleReport Explore(Func<ScheduleScenario> makeScenario, int count, int seed)
    {
        ArgumentNullException.ThrowIfNull(makeScenario);
        string? text = Environment.GetEnvironmentVariable(Variable);
        long wanted = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long asked)
            ? asked
            : count;
        long taken = 0;
        bool hasFailed = false;
        long start = Stopwatch.GetTimestamp();
        List<ScheduledThreads> groups = [.. Enumerable.Range(0, Environment.ProcessorCount)
            .Select(processor => new ScheduledThreads(makeScenario(), TakeSeed, processor))];
        try
        {
            ThreadGroup.Run(groups.Count, number =>
            {
                groups[number].Run();
                if (groups[number].Failure is not null)
                {
                    Volatile.Write(ref hasFailed, true);
                }
            });
        }
        finally
        {
            groups.ForEach(group => group.Dispose());
        }

        if (groups.Find(group => group.Failure is not null) is { Failure: { } failure })
        {
            throw new ScheduleFailedException(
                FormattableString.Invariant($"A schedule failed. {TestSeed.Variable}={failure.Seed} runs it first: ") +
                failure.Cause.Message, failure.Cause);
        }

        return new ScheduleReport(groups.Sum(group => group.Schedules), groups.Sum(group => group.Steps),
            groups.Sum(group => group.Switches), Stopwatch.GetElapsedTime(start));

        int? TakeSeed()
        {
            long index = Interlocked.Increment(ref taken) - 1;
            return index < wanted && !Volatile.Read(ref hasFailed) ? unchecked(seed + (int)index) : null;
        }
    }
}
