using System.Diagnostics;
using System.Globalization;

namespace Kvs.Bench.Torture;

/// <summary>
/// Says whether what a store holds after a kill is what it may hold. For each writer that is what its first writes
/// made, some number of them: all that were acknowledged, or, where the power was cut and the level of durability
/// promises less, all that a flush covers. And no write is missing that had returned before one began that is there.
/// </summary>
internal sealed class Judge(int writers)
{
    private readonly long[] _base = new long[writers * TortureKeys.PerWriter];

    internal long Acknowledged { get; private set; }

    /// <summary>Writes that were begun and not answered, and those of them that were made.</summary>
    internal long Unanswered { get; private set; }

    internal long UnansweredMade { get; private set; }

    /// <summary>Writes that a power cut took, as far as the level allows it.</summary>
    internal long Taken { get; private set; }

    /// <summary>How long before its power cut the oldest write that was taken had returned.</summary>
    internal TimeSpan LongestTaken { get; private set; }

    /// <summary>Compares what a victim found with what the one before it left, and goes on from there.</summary>
    /// <param name="before">The journal of the last victim that wrote; null where there was none.</param>
    /// <param name="found">The journal of the one that opened the store after it.</param>
    /// <param name="mustHaveAcknowledged">Whether all that was acknowledged must be there.</param>
    /// <param name="death">How the last victim that wrote ended.</param>
    /// <exception cref="TortureException">The store broke its promise.</exception>
    internal void Check(Journal? before, Journal found, bool mustHaveAcknowledged, VictimDeath death)
    {
        var standings = new Standing[writers];
        for (int writer = 0; writer < writers; writer++)
        {
            standings[writer] = FindStanding(before, found, writer, mustHaveAcknowledged, death);
        }

        if (before is not null)
        {
            CheckForHoles(before, standings);
            for (int writer = 0; writer < writers; writer++)
            {
                Count(before, writer, standings[writer], death);
            }
        }

        for (int key = 0; key < _base.Length; key++)
        {
            _base[key] = found.Found(key);
        }
    }

    private Standing FindStanding(
        Journal? before, Journal found, int writer, bool mustHaveAcknowledged, VictimDeath death)
    {
        long begun = before?.Begun(writer) ?? 0;
        long acknowledged = before is null ? 0 : death.AcknowledgedBefore(before, writer);
        long least = mustHaveAcknowledged ? acknowledged : before is null ? 0 : death.FlushedBefore(before, writer);
        long[] state = [.. _base];
        int wrong = WrongKeys(state, found, writer).Count();
        Standing? standing = least == 0 && wrong == 0 ? new Standing(0, 0) : null;
        List<int> wrongAtLeast = [.. WrongKeys(state, found, writer)];
        for (long number = 0; number < begun; number++)
        {
            ref readonly JournalWrite write = ref before!.Write(writer, number);
            for (int i = 0; i < write.Keys; i++)
            {
                JournalWrite.Change change = write.All[i];
                wrong -= state[change.Key] == found.Found(change.Key) ? 0 : 1;
                state[change.Key] = change.IsRemove != 0 ? 0 : TortureKeys.VersionOf(before.Life, number);
                wrong += state[change.Key] == found.Found(change.Key) ? 0 : 1;
            }

            if (number + 1 == least)
            {
                wrongAtLeast = [.. WrongKeys(state, found, writer)];
            }

            if (number + 1 >= least && wrong == 0)
            {
                standing = new Standing(standing?.Least ?? number + 1, number + 1);
            }
        }

        return standing ?? throw new TortureException(string.Create(CultureInfo.InvariantCulture,
            $"Writer {writer} began {begun} writes, {acknowledged} were acknowledged, the first {least} must be there. ") +
            $"The store stands after none of them: {Describe(before, found, state, wrongAtLeast)}");
    }

    private static IEnumerable<int> WrongKeys(long[] state, Journal found, int writer)
    {
        int first = TortureWriter.FirstKey(writer);
        return Enumerable.Range(first, TortureKeys.PerWriter).Where(key => state[key] != found.Found(key));
    }

    private string Describe(Journal? before, Journal found, long[] last, List<int> wrong) =>
        string.Join("; ", wrong.Take(5).Select(key => string.Create(CultureInfo.InvariantCulture,
            $"key {key} has version {found.Found(key):x}, had {_base[key]:x} when the store was opened, and was ") +
            (before is null ? "not written" : string.Create(CultureInfo.InvariantCulture, $"last given {last[key]:x}"))));

    /// <summary>What began after another write had returned is not there without it.</summary>
    private static void CheckForHoles(Journal before, Standing[] standings)
    {
        for (int there = 0; there < standings.Length; there++)
        {
            if (standings[there].Least == 0)
            {
                continue;
            }

            long begin = before.Write(there, standings[there].Least - 1).Begin;
            for (int gone = 0; gone < standings.Length; gone++)
            {
                long firstGone = standings[gone].Most;
                if (gone != there && firstGone < before.Acknowledged(gone) &&
                    before.Write(gone, firstGone).End < begin)
                {
                    throw new TortureException(string.Create(CultureInfo.InvariantCulture,
                        $"Write {firstGone} of writer {gone} is missing; it had returned before write ") +
                        string.Create(CultureInfo.InvariantCulture,
                        $"{standings[there].Least - 1} of writer {there} began, which is there."));
                }
            }
        }
    }

    private void Count(Journal before, int writer, Standing standing, VictimDeath death)
    {
        long acknowledged = death.AcknowledgedBefore(before, writer);
        Acknowledged += acknowledged;
        Unanswered += before.Begun(writer) - acknowledged;
        UnansweredMade += Math.Max(0, standing.Most - acknowledged);
        if (standing.Most < acknowledged)
        {
            Taken += acknowledged - standing.Most;
            TimeSpan age = Stopwatch.GetElapsedTime(before.Write(writer, standing.Most).End, death.At);
            LongestTaken = age > LongestTaken ? age : LongestTaken;
        }
    }

    /// <summary>After how many of its writes a writer's keys stand: where several fit, the first and the last.
    /// </summary>
    private readonly record struct Standing(long Least, long Most);
}
