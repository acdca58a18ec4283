using Kvs.Testing;
using Xunit.Abstractions;
using static Kvs.Testing.HistoryOperationKind;

namespace Kvs.Tests;

/// <summary>The checker itself: it blames what no order explains, and only that.</summary>
public sealed class LinearizabilityTests(ITestOutputHelper output)
{
    [Fact]
    public void Gets_one_after_the_other_are_good()
    {
        CheckGood(Op(Set, 1, 0, 10), Op(Get, 1, 11, 20), Op(Set, 2, 21, 30), Op(Get, 2, 31, 40), Op(Get, 2, 41, 50));
    }

    [Fact]
    public void A_get_beside_a_set_may_see_either_value()
    {
        CheckGood(Initial(1), Op(Set, 2, 10, 30), Op(Get, 1, 15, 20));
        CheckGood(Initial(1), Op(Set, 2, 10, 30), Op(Get, 2, 15, 20));
    }

    [Fact]
    public void Operations_that_touch_at_one_tick_overlap()
    {
        CheckGood(Initial(1), Op(Set, 2, 10, 20), Op(Get, 1, 20, 30));
        CheckGood(Initial(1), Op(Get, 2, 5, 10), Op(Set, 2, 10, 20));
    }

    [Fact]
    public void A_get_beside_several_sets_may_see_any_of_them()
    {
        CheckGood(Initial(1), Op(Set, 2, 10, 20), Op(Set, 3, 21, 30), Op(Get, 2, 5, 40));
        CheckGood(Initial(1), Op(Set, 2, 10, 20), Op(Set, 3, 21, 30), Op(Get, 1, 5, 40));
    }

    [Fact]
    public void Sets_beside_each_other_may_take_effect_in_any_order()
    {
        CheckGood(Op(Set, 1, 0, 20), Op(Set, 2, 5, 15), Op(Get, 1, 30, 40));
        CheckGood(Op(Set, 1, 0, 20), Op(Set, 2, 5, 15), Op(Get, 2, 30, 40));
    }

    [Fact]
    public void A_key_that_is_removed_may_be_missed_until_it_is_set_again()
    {
        CheckGood(Initial(1), Op(Remove, 0, 10, 20), Op(Get, 0, 15, 30), Op(Get, 1, 5, 12));
        CheckGood(Initial(1), Op(Remove, 0, 10, 20), Op(Set, 2, 21, 30), Op(Get, 0, 25, 35), Op(Get, 2, 36, 40));
        CheckGood(Initial(0), Op(Get, 0, 5, 12));
    }

    [Fact]
    public void A_condition_holds_at_one_moment_of_the_call()
    {
        CheckGood(Initial(1), If(SetIfValue, 1, 2, 10, 20), Op(Get, 2, 21, 30));
        CheckGood(Initial(1), Op(Set, 2, 10, 30), If(SetIfValue, 1, 3, 10, 30), Op(Get, 2, 31, 40));
        CheckGood(Initial(1), Op(Set, 2, 10, 30), Not(If(SetIfValue, 1, 3, 10, 30)), Op(Get, 2, 31, 40));
        CheckGood(Initial(0), If(SetIfValue, 0, 1, 0, 9), Not(If(SetIfValue, 0, 2, 10, 20)), Op(SetIfPresent, 3, 21, 30));
        CheckGood(Initial(1), If(RemoveIfValue, 1, 0, 10, 20), Not(Op(Remove, 0, 21, 30)), Not(Op(SetIfPresent, 2, 31, 40)));
    }

    [Fact]
    public void A_condition_that_cannot_have_held_is_bad()
    {
        CheckBad("No order", Initial(1), Op(Set, 2, 10, 20), If(SetIfValue, 1, 3, 21, 30));
        CheckBad("No order", Initial(1), Not(If(SetIfValue, 1, 3, 21, 30)));
        CheckBad("No order", Initial(1), If(SetIfValue, 0, 3, 21, 30));
        CheckBad("No order", Initial(0), Op(SetIfPresent, 3, 21, 30));
        CheckBad("No order", Initial(1), Op(Remove, 0, 10, 20), Op(Remove, 0, 10, 20));
    }

    [Fact]
    public void Of_two_that_expect_the_same_value_one_at_most_is_done() =>
        CheckBad("No order", Initial(1), If(SetIfValue, 1, 2, 10, 50), If(SetIfValue, 1, 3, 10, 50));

    [Fact]
    public void What_was_not_answered_may_have_happened_or_not()
    {
        CheckGood(Initial(1), Unknown(Op(Set, 2, 10, 20)), Op(Get, 1, 30, 40));
        CheckGood(Initial(1), Unknown(Op(Set, 2, 10, 20)), Op(Get, 2, 30, 40));
        CheckGood(Initial(1), Unknown(Op(Remove, 0, 10, 20)), Op(Get, 0, 30, 40));
        CheckGood(Initial(1), Unknown(Op(Set, 2, 10, long.MaxValue)), Op(Get, 1, 30, 40), Op(Get, 2, 50, 60));
        CheckGood(Initial(1), Unknown(If(SetIfValue, 5, 2, 10, long.MaxValue)), Op(Get, 1, 30, 40));
    }

    [Fact]
    public void What_was_not_answered_happens_once_and_in_its_time()
    {
        CheckBad("No order", Initial(1), Unknown(Op(Set, 2, 10, 20)), Op(Get, 1, 30, 40), Op(Get, 2, 50, 60));
        CheckBad("No order", Initial(1), Unknown(Op(Set, 2, 10, long.MaxValue)),
            Op(Get, 2, 30, 40), Op(Set, 3, 50, 60), Op(Get, 2, 70, 80));
        CheckBad("No order", Initial(1), Op(Get, 2, 1, 5), Unknown(Op(Set, 2, 10, 20)));
        CheckBad("No order", Initial(1), Unknown(If(SetIfValue, 5, 2, 10, 20)), Op(Get, 2, 30, 40));
    }

    [Fact]
    public void Keys_are_checked_apart()
    {
        LinearizabilityChecker.Check(
            [new HistoryOperation(Set, 1, 7, 0, 5), new HistoryOperation(Set, 2, 7, 10, 15),
             new HistoryOperation(Get, 1, 7, 20, 25)]);
    }

    [Fact]
    public void A_value_that_nobody_set_is_bad() => CheckBad("nobody stored", Initial(1), Op(Get, 2, 5, 10));

    [Fact]
    public void A_value_before_it_was_set_is_bad() =>
        CheckBad("No order", Initial(1), Op(Get, 2, 5, 10), Op(Set, 2, 11, 20));

    [Fact]
    public void A_value_that_was_overwritten_or_removed_is_bad()
    {
        CheckBad("No order", Initial(1), Op(Set, 2, 10, 20), Op(Get, 1, 21, 30));
        CheckBad("No order", Initial(1), Op(Remove, 0, 10, 20), Op(Get, 1, 21, 30));
    }

    [Fact]
    public void Missing_a_key_that_is_there_is_bad()
    {
        CheckBad("No order", Initial(1), Op(Set, 2, 10, 30), Op(Get, 0, 15, 20));
        CheckBad("No order", Initial(1), Op(Remove, 0, 5, 8), Op(Set, 2, 10, 20), Op(Get, 0, 21, 30));
        CheckBad("No order", Initial(1), Op(Get, 0, 1, 4), Op(Remove, 0, 5, 8));
    }

    [Fact]
    public void The_new_value_and_then_the_old_one_is_bad_also_beside_the_set() =>
        CheckBad("No order", Initial(1), Op(Set, 2, 10, 90), Op(Get, 2, 20, 30), Op(Get, 1, 40, 50));

    [Fact]
    public void A_value_that_came_and_went_while_another_was_seen_is_bad() =>
        CheckBad("No order", Op(Set, 1, 0, 100), Op(Get, 1, 5, 10), Op(Set, 2, 20, 30), Op(Get, 1, 60, 70));

    [Fact]
    public void Readers_who_disagree_on_the_order_are_bad() =>
        CheckBad(
            "No order",
            Op(Set, 1, 0, 100), Op(Set, 2, 0, 100),
            Op(Get, 1, 10, 20), Op(Get, 2, 30, 40), Op(Get, 1, 50, 60));

    [Fact]
    public void A_violation_shows_how_far_it_made_sense_and_what_does_not_fit()
    {
        string blame = FindBlame([Initial(1), Op(Set, 2, 10, 20), Op(Get, 1, 21, 30)])!;
        Assert.Contains("2 of them", blame, StringComparison.Ordinal);
        Assert.Contains("the value 2", blame, StringComparison.Ordinal);
        Assert.EndsWith($"\n  {Op(Get, 1, 21, 30)}", blame, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_are_not_unique_are_refused() =>
        Assert.Throws<ArgumentException>(() => LinearizabilityChecker.Check([Op(Set, 1, 0, 1), Op(Set, 1, 2, 3)]));

    [Fact]
    public void The_checker_agrees_with_trying_every_order()
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        int good = 0, bad = 0;
        for (int i = 0; i < 30_000; i++)
        {
            HistoryOperation[] history = MakeRandomHistory(random);
            bool isLinearizable = HasOrder(history, new bool[history.Length], HistoryOperation.Missing, 0);
            string? blame = FindBlame(history);
            good += isLinearizable ? 1 : 0;
            bad += isLinearizable ? 0 : 1;
            Assert.True(isLinearizable == (blame is null), $"{blame ?? "accepted"}\n{string.Join('\n', history)}");
        }

        Assert.True(good > 1_000 && bad > 1_000, $"The histories prove little: {good} good, {bad} bad.");
    }

    /// <summary>Three thousand operations of a store that does nothing wrong, as 16 threads would see it; then with one
    /// get that saw a value too late.</summary>
    [Fact]
    public void A_long_history_is_decided_and_a_single_stale_get_in_it_is_found()
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        var history = new List<HistoryOperation> { Initial(1) };
        long present = 1, former = 0;
        for (int i = 0; i < 3_000; i++)
        {
            // Takes effect at the moment 100 i, and lasts long enough to overlap some others.
            long at = 100L * i;
            (long start, long end) = (at - random.Next(500), at + random.Next(500));
            bool isSet = random.Next(2) == 0;
            if (isSet)
            {
                (former, present) = (present, i + 2);
            }

            history.Add(random.Next(1000) == 0 && isSet ? Unknown(Op(Set, present, start, long.MaxValue))
                : Op(isSet ? Set : Get, present, start, end));
        }

        LinearizabilityChecker.Check(history);
        long after = 100L * 20_000;
        LinearizabilityChecker.Check([.. history, Op(Get, present, after, after + 1)]);
        long old = history.First(operation => operation is { Kind: Set, Outcome: HistoryOutcome.Done, Value: > 1 }).Value;
        Assert.NotEqual(former, old);
        Assert.Throws<HistoryViolationException>(() =>
            LinearizabilityChecker.Check([.. history, Op(Get, old, after, after + 1)]));
    }

    [Fact]
    public void Bytes_that_nobody_wrote_are_noticed()
    {
        byte[] value = new byte[RegisterValue.MaxBytes];
        for (long number = 1; number < 1_000; number++)
        {
            byte[] written = value[..RegisterValue.Write(number, value)];
            Assert.Equal(number, RegisterValue.Read(written));
            written[^1]++;
            Assert.Throws<HistoryViolationException>(() => RegisterValue.Read(written));
            Assert.Throws<HistoryViolationException>(() => RegisterValue.Read(written.AsSpan(1)));
        }
    }

    private static HistoryOperation Op(HistoryOperationKind kind, long value, long start, long end) =>
        new(kind, 0, value, start, end);

    private static HistoryOperation If(HistoryOperationKind kind, long expected, long value, long start, long end) =>
        Op(kind, value, start, end) with { Expected = expected };

    private static HistoryOperation Not(HistoryOperation operation) =>
        operation with { Outcome = HistoryOutcome.NotDone };

    private static HistoryOperation Unknown(HistoryOperation operation) =>
        operation with { Outcome = HistoryOutcome.Unknown };

    private static HistoryOperation Initial(long value) => HistoryOperation.Initial(0, value);

    private static void CheckGood(params HistoryOperation[] history) => LinearizabilityChecker.Check(history);

    private static void CheckBad(string blame, params HistoryOperation[] history)
    {
        var error = Assert.Throws<HistoryViolationException>(() => LinearizabilityChecker.Check(history));
        Assert.Contains(blame, error.Message, StringComparison.Ordinal);
    }

    private static string? FindBlame(HistoryOperation[] history)
    {
        try
        {
            LinearizabilityChecker.Check(history);
            return null;
        }
        catch (HistoryViolationException violation)
        {
            return violation.Message;
        }
    }

    private static HistoryOperation[] MakeRandomHistory(Random random)
    {
        var history = new HistoryOperation[random.Next(3, 8)];
        history[0] = Initial(random.Next(2));
        for (int i = 1; i < history.Length; i++)
        {
            var kind = (HistoryOperationKind)random.Next((int)Clear);
            long value = kind switch
            {
                Get => random.Next(0, history.Length + 1),
                Remove or RemoveIfValue => HistoryOperation.Missing,
                _ => i + 1,
            };
            long start = random.Next(30);
            history[i] = new HistoryOperation(kind, 0, value, start, start + random.Next(1, 15))
            {
                Expected = kind == SetIfValue ? random.Next(0, history.Length + 1)
                    : kind == RemoveIfValue ? random.Next(1, history.Length + 1) : 0,
                Outcome = kind is Get or Set || random.Next(3) != 0 ? HistoryOutcome.Done : HistoryOutcome.NotDone,
            };
            if (kind != Get && random.Next(5) == 0)
            {
                history[i] = Unknown(history[i]) with { End = random.Next(2) == 0 ? long.MaxValue : history[i].End };
            }
        }

        return history;
    }

    /// <summary>Whether what is left can follow on <paramref name="present"/> in some order. Written without the
    /// checker in mind.</summary>
    private static bool HasOrder(HistoryOperation[] history, bool[] isDone, long present, int done)
    {
        if (done == history.Length)
        {
            return true;
        }

        for (int i = 0; i < history.Length; i++)
        {
            if (isDone[i] || IsPreceded(history, isDone, history[i]))
            {
                continue;
            }

            isDone[i] = true;
            if (ResultsOf(history[i], present).Any(result => HasOrder(history, isDone, result, done + 1)))
            {
                return true;
            }

            isDone[i] = false;
        }

        return false;
    }

    /// <summary>What the key may have after an operation that saw what it did.</summary>
    private static IEnumerable<long> ResultsOf(HistoryOperation operation, long present)
    {
        bool isThere = present != HistoryOperation.Missing;
        (bool holds, long result) = operation.Kind switch
        {
            Get => (present == operation.Value, present),
            Set => (true, operation.Value),
            Clear => (true, HistoryOperation.Missing),
            Remove => (isThere, HistoryOperation.Missing),
            SetIfPresent => (isThere, operation.Value),
            SetIfValue => (present == operation.Expected, operation.Value),
            _ => (present == operation.Expected, HistoryOperation.Missing),
        };
        if (holds && operation.Outcome != HistoryOutcome.NotDone)
        {
            yield return result;
        }

        if ((!holds && operation.Outcome == HistoryOutcome.NotDone) || operation.Outcome == HistoryOutcome.Unknown)
        {
            yield return present;
        }
    }

    private static bool IsPreceded(HistoryOperation[] history, bool[] isDone, HistoryOperation operation)
    {
        for (int i = 0; i < history.Length; i++)
        {
            if (!isDone[i] && history[i].End < operation.Start)
            {
                return true;
            }
        }

        return false;
    }
}
