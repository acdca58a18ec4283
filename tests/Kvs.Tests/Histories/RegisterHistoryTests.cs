using Kvs.Testing;
using Xunit.Abstractions;
using static Kvs.Testing.RegisterOperationKind;

namespace Kvs.Tests;

/// <summary>The checker itself: it blames what is wrong, and only that.</summary>
public sealed class RegisterHistoryTests(ITestOutputHelper output)
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
        CheckGood(Initial(RegisterOperation.Missing), Op(Get, 0, 5, 12));
    }

    [Fact]
    public void Keys_are_checked_apart()
    {
        RegisterHistory.Check(
            [new RegisterOperation(Set, 1, 7, 0, 5), new RegisterOperation(Set, 2, 7, 10, 15),
             new RegisterOperation(Get, 1, 7, 20, 25)]);
    }

    [Fact]
    public void A_value_that_nobody_set_is_bad() => CheckBad("nobody set", Initial(1), Op(Get, 2, 5, 10));

    [Fact]
    public void A_value_before_it_was_set_is_bad() =>
        CheckBad("before it was set", Initial(1), Op(Get, 2, 5, 10), Op(Set, 2, 11, 20));

    [Fact]
    public void A_value_that_was_overwritten_is_bad() =>
        CheckBad("overwritten", Initial(1), Op(Set, 2, 10, 20), Op(Get, 1, 21, 30));

    [Fact]
    public void A_value_that_was_removed_is_bad() =>
        CheckBad("overwritten", Initial(1), Op(Remove, 0, 10, 20), Op(Get, 1, 21, 30));

    [Fact]
    public void Missing_a_key_that_always_exists_is_bad() =>
        CheckBad("did not find", Initial(1), Op(Set, 2, 10, 30), Op(Get, 0, 15, 20));

    [Fact]
    public void Missing_a_key_that_was_set_again_is_bad() =>
        CheckBad("set again", Initial(1), Op(Remove, 0, 5, 8), Op(Set, 2, 10, 20), Op(Get, 0, 21, 30));

    [Fact]
    public void Missing_a_key_before_it_is_removed_is_bad() =>
        CheckBad("did not find", Initial(1), Op(Get, 0, 1, 4), Op(Remove, 0, 5, 8));

    [Fact]
    public void The_new_value_and_then_the_old_one_is_bad_also_beside_the_set() =>
        CheckBad("must have had", Initial(1), Op(Set, 2, 10, 90), Op(Get, 2, 20, 30), Op(Get, 1, 40, 50));

    [Fact]
    public void A_value_that_came_and_went_while_another_was_seen_is_bad() =>
        CheckBad(
            "must have had",
            Op(Set, 1, 0, 100), Op(Get, 1, 5, 10), Op(Set, 2, 20, 30), Op(Get, 1, 60, 70));

    [Fact]
    public void Readers_who_disagree_on_the_order_are_bad() =>
        CheckBad(
            "must have had",
            Op(Set, 1, 0, 100), Op(Set, 2, 0, 100),
            Op(Get, 1, 10, 20), Op(Get, 2, 30, 40), Op(Get, 1, 50, 60));

    [Fact]
    public void Values_that_are_not_unique_are_refused() =>
        Assert.Throws<ArgumentException>(() => RegisterHistory.Check([Op(Set, 1, 0, 1), Op(Set, 1, 2, 3)]));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_checker_agrees_with_trying_every_order(bool withRemoves)
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        int good = 0;
        int bad = 0;
        for (int i = 0; i < 20_000; i++)
        {
            RegisterOperation[] history = MakeRandomHistory(random, withRemoves);
            bool isLinearizable = HasOrder(history, new bool[history.Length], RegisterOperation.Missing, 0);
            string? blame = FindBlame(history);
            good += isLinearizable ? 1 : 0;
            bad += blame is null ? 0 : 1;

            // With removes, the checker may let a bad history pass; it must never blame a good one.
            bool mayDiffer = withRemoves && blame is null;
            Assert.True(
                isLinearizable == (blame is null) || mayDiffer,
                $"{blame ?? "accepted"}\n{string.Join('\n', history)}");
        }

        Assert.True(good > 1_000 && bad > 1_000, $"The histories prove little: {good} good, {bad} blamed.");
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

    private static RegisterOperation Op(RegisterOperationKind kind, long value, long start, long end) =>
        new(kind, 0, value, start, end);

    private static RegisterOperation Initial(long value) => RegisterOperation.Initial(0, value);

    private static void CheckGood(params RegisterOperation[] history) => RegisterHistory.Check(history);

    private static void CheckBad(string blame, params RegisterOperation[] history)
    {
        var error = Assert.Throws<HistoryViolationException>(() => RegisterHistory.Check(history));
        Assert.Contains(blame, error.Message, StringComparison.Ordinal);
    }

    private static string? FindBlame(RegisterOperation[] history)
    {
        try
        {
            RegisterHistory.Check(history);
            return null;
        }
        catch (HistoryViolationException violation)
        {
            return violation.Message;
        }
    }

    private static RegisterOperation[] MakeRandomHistory(Random random, bool withRemoves)
    {
        var history = new RegisterOperation[random.Next(3, 7)];
        history[0] = Initial(withRemoves ? RegisterOperation.Missing : 1);
        for (int i = 1; i < history.Length; i++)
        {
            int choice = random.Next(withRemoves ? 4 : 3);
            RegisterOperationKind kind = choice == 0 ? Set : choice == 3 ? Remove : Get;
            long value = kind switch
            {
                Set => i + 1,
                Get => random.Next(withRemoves ? 0 : 1, history.Length + 1),
                _ => RegisterOperation.Missing,
            };
            long start = random.Next(30);
            history[i] = Op(kind, value, start, start + random.Next(1, 15));
        }

        return history;
    }

    /// <summary>Whether what is left can follow on <paramref name="current"/> in some order.</summary>
    private static bool HasOrder(RegisterOperation[] history, bool[] isDone, long current, int done)
    {
        if (done == history.Length)
        {
            return true;
        }

        for (int i = 0; i < history.Length; i++)
        {
            RegisterOperation next = history[i];
            bool isPossible = next.Kind switch
            {
                Get => next.Value == current,

                // A history's first remove only says that the key was not there.
                Remove => current != RegisterOperation.Missing || next.End == long.MinValue,
                _ => true,
            };
            if (isDone[i] || !isPossible || IsPreceded(history, isDone, next))
            {
                continue;
            }

            isDone[i] = true;
            if (HasOrder(history, isDone, next.Value, done + 1))
            {
                return true;
            }

            isDone[i] = false;
        }

        return false;
    }

    private static bool IsPreceded(RegisterOperation[] history, bool[] isDone, RegisterOperation operation)
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
