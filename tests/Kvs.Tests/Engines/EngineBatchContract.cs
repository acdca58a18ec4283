using System.Globalization;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about writes that are made as one.</summary>
public abstract class EngineBatchContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    [Fact]
    public void All_writes_of_a_batch_are_made()
    {
        Engine.Set("removed", "old");
        Engine.Set("replaced", "old");
        var batch = new WriteBatch();
        batch.Set(Bytes("new"), Bytes("1"));
        batch.Set(Bytes("replaced"), Bytes("2"));
        batch.Remove(Bytes("removed"));
        batch.Remove(Bytes("missing"));
        batch.Set(Bytes("empty"), []);
        Assert.True(Engine.TryWrite(batch));

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("1", Read("new"));
            Assert.Equal("2", Read("replaced"));
            Assert.Equal("", Read("empty"));
            Assert.False(Engine.Contains("removed"));
            Assert.Equal(3, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void Of_two_writes_of_a_key_in_one_batch_the_later_counts()
    {
        Engine.Set("removed last", "old");
        var batch = new WriteBatch();
        for (int i = 0; i < 100; i++)
        {
            batch.Set(Bytes("set often"), Bytes($"{i}"));
        }

        batch.Set(Bytes("removed last"), Bytes("1"));
        batch.Remove(Bytes("removed last"));
        batch.Remove(Bytes("set last"));
        batch.Set(Bytes("set last"), Bytes("1"));
        batch.Set(Bytes("new, removed last"), Bytes("1"));
        batch.Remove(Bytes("new, removed last"));
        Assert.True(Engine.TryWrite(batch));

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("99", Read("set often"));
            Assert.Equal("1", Read("set last"));
            Assert.False(Engine.Contains("removed last"));
            Assert.False(Engine.Contains("new, removed last"));
            Assert.Equal(2, Engine.GetStatistics().Keys);
        });
        Assert.True(Engine.Remove(Bytes("set often")));
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains("set often")));
    }

    [Fact]
    public void A_requirement_that_does_not_hold_leaves_everything_as_it_was()
    {
        Engine.Set("a", "old");
        Engine.Set("b", "old");
        ulong version = VersionOf("a");
        foreach ((string key, ulong required) in ((string, ulong)[])
            [("a", version + 1), ("a", 0), ("missing", version), ("new", 1)])
        {
            var batch = new WriteBatch();
            batch.Set(Bytes("a"), Bytes("new"));
            batch.Set(Bytes("new"), Bytes("new"));
            batch.Require(Bytes("a"), version);
            batch.Require(Bytes(key), required);
            batch.Remove(Bytes("b"));
            Assert.False(Engine.TryWrite(batch));
        }

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(("old", version), (Read("a"), VersionOf("a")));
            Assert.Equal("old", Read("b"));
            Assert.Equal(2, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void Requirements_look_at_the_state_before_the_batch()
    {
        ulong version = Engine.TrySet(Bytes("there"), Bytes("old"), default).Version;
        var batch = new WriteBatch();
        batch.Set(Bytes("there"), Bytes("new"));
        batch.Set(Bytes("missing"), Bytes("new"));
        batch.Require(Bytes("there"), version);
        batch.Require(Bytes("missing"), 0);
        Assert.True(Engine.TryWrite(batch));

        Assert.False(Engine.TryWrite(batch));
        CheckNowAndAfterReopening(() => Assert.Equal(("new", "new"), (Read("there"), Read("missing"))));
    }

    [Fact]
    public void A_batch_of_nothing_and_one_of_requirements_alone_change_nothing()
    {
        Engine.Set("key", "value");
        ulong version = VersionOf("key");
        var batch = new WriteBatch();
        Assert.True(Engine.TryWrite(batch));
        batch.Require(Bytes("key"), version);
        Assert.True(Engine.TryWrite(batch));
        batch.Require(Bytes("missing"), version);
        Assert.False(Engine.TryWrite(batch));
        CheckNowAndAfterReopening(() => Assert.Equal(("value", version), (Read("key"), VersionOf("key"))));
    }

    [Fact]
    public void A_batch_can_be_written_again_changed_or_not()
    {
        var batch = new WriteBatch();
        byte[] value = Bytes("1");
        batch.Set(Key(0), value);
        value[0] = (byte)'x';
        Assert.True(Engine.TryWrite(batch));
        Assert.Equal("1", Read("key-0"));

        Engine.Remove(Key(0));
        Assert.True(Engine.TryWrite(batch));
        batch.Set(Key(1), Bytes("2"));
        Assert.Equal(2, batch.Count);
        Assert.Equal(12, batch.Bytes);
        Assert.True(Engine.TryWrite(batch));
        batch.Clear();
        Assert.Equal((0, 0), (batch.Count, batch.Bytes));
        batch.Set(Key(2), Bytes("3"));
        Engine.Remove(Key(1));
        Assert.True(Engine.TryWrite(batch));
        CheckNowAndAfterReopening(() =>
            Assert.Equal(("1", null, "3"), (Read("key-0"), Read("key-1"), Read("key-2"))));
    }

    [Fact]
    public void Sets_of_a_batch_expire_at_their_moments()
    {
        var batch = new WriteBatch();
        batch.Set(Key(0), Bytes("0"), Clock.Now + TimeSpan.FromHours(1));
        batch.Set(Key(1), Bytes("1"), Clock.Now + TimeSpan.FromHours(2));
        batch.Set(Key(2), Bytes("2"));
        Engine.TryWrite(batch);
        Clock.Advance(TimeSpan.FromHours(1));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal((null, "1", "2"), (Read("key-0"), Read("key-1"), Read("key-2")));
            Engine.TryRead(Key(1), [], out ValueInfo info);
            Assert.Equal(Clock.Now + TimeSpan.FromHours(1), info.ExpiresAt);
        });
    }

    [Fact]
    public void A_batch_of_ten_thousand_items_is_written()
    {
        for (int i = 0; i < 10_000; i += 2)
        {
            Engine.Set(Key(i), Bytes("old"));
        }

        var batch = new WriteBatch();
        for (int i = 0; i < 10_000; i++)
        {
            if (i % 5 == 0)
            {
                batch.Remove(Key(i));
            }
            else
            {
                batch.Set(Key(i), Bytes($"value-{i}"));
            }
        }

        Assert.True(Engine.TryWrite(batch));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(8_000, Engine.GetStatistics().Keys);
            Assert.All(Enumerable.Range(0, 10_000),
                i => Assert.Equal(i % 5 == 0 ? null : $"value-{i}", Read($"key-{i}")));
        });
    }

    [Fact]
    public void Large_and_small_values_are_written_in_one_batch()
    {
        Random random = NewRandom();
        var values = new byte[12][];
        var batch = new WriteBatch();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new byte[(i % 4) switch { 0 => 1024 * 1024, 1 => 0, 2 => 70_000, _ => 5 }];
            random.NextBytes(values[i]);
            batch.Set(Key(i), values[i]);
        }

        Assert.True(Engine.TryWrite(batch));
        CheckNowAndAfterReopening(() => Assert.All(Enumerable.Range(0, values.Length),
            i => Assert.True(values[i].AsSpan().SequenceEqual(Engine.Get(Key(i))))));
    }

    [Fact]
    public void A_batch_up_to_the_limit_is_written_and_one_byte_more_is_refused()
    {
        const int Values = 6;
        const int ItemBytes = 1 + Limits.BatchItemBytes;
        byte[] value = new byte[(Limits.MaxBatchBytes / Values) - ItemBytes];
        Engine.Set([0], Bytes("old"));
        var error = Assert.Throws<KvsLimitException>(() => Engine.TryWrite(Fill([.. value, 0])));
        Assert.Contains($"{Limits.MaxBatchBytes} bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(Bytes("old"), Engine.Get([0]));
        Assert.Equal(1, Engine.GetStatistics().Keys);

        Assert.True(Engine.TryWrite(Fill(value)));
        CheckNowAndAfterReopening(() => Assert.All(Enumerable.Range(0, Values),
            i => Assert.Equal(value.Length, Engine.Get([(byte)i]).Length)));

        WriteBatch Fill(byte[] lastValue)
        {
            var batch = new WriteBatch();
            for (int i = 0; i < Values; i++)
            {
                batch.Set([(byte)i], i == Values - 1 ? lastValue : value);
            }

            return batch;
        }
    }

    [Fact]
    public void A_key_or_a_value_beyond_the_limits_is_an_error_and_nothing_is_written()
    {
        UseLimits(new Limits { MaxKeyBytes = 5, MaxValueBytes = 10 });
        Action<WriteBatch>[] beyond =
        [
            batch => batch.Set(Bytes("longer"), Bytes("1")),
            batch => batch.Set([], Bytes("1")),
            batch => batch.Set(Bytes("b"), new byte[11]),
            batch => batch.Remove(Bytes("longer")),
            batch => batch.Require(Bytes("longer"), 0),
            batch => batch.Require([], 0),
        ];
        Assert.All(beyond, add =>
        {
            var batch = new WriteBatch();
            batch.Set(Bytes("a"), Bytes("1"));
            add(batch);
            Assert.Throws<KvsLimitException>(() => Engine.TryWrite(batch));
        });
        CheckNowAndAfterReopening(() => Assert.Equal(0, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void Batches_of_every_durability_are_written()
    {
        var batch = new WriteBatch();
        foreach (Durability level in Enum.GetValues<Durability>())
        {
            batch.Clear();
            batch.Set(Bytes($"{level}"), Bytes("value"));
            Assert.True(Engine.TryWrite(batch, level));
        }

        CheckNowAndAfterReopening(() => Assert.Equal(3, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void Threads_that_move_amounts_between_accounts_keep_their_sum()
    {
        const int Accounts = 10;
        SetAccounts(Accounts);
        int moved = 0;
        ThreadGroup.RunBeside(
            () => ThreadGroup.Run(6, thread =>
            {
                var random = new Random(thread);
                for (int i = 0; i < 1_000; i++)
                {
                    int from = random.Next(Accounts);
                    int to = (from + 1 + random.Next(Accounts - 1)) % Accounts;
                    if (TryMove(from, to, random.Next(-20, 20)))
                    {
                        Interlocked.Increment(ref moved);
                    }
                }
            }),
            count: 1,
            (_, _) => CheckSumWhereNothingChanged(Accounts));

        Assert.True(moved > 0);
        CheckNowAndAfterReopening(() =>
            Assert.Equal(100 * Accounts, Enumerable.Range(0, Accounts).Sum(i => ReadAccount(i).Amount)));
    }

    [Fact]
    public void Batches_of_threads_that_share_no_key_all_succeed()
    {
        const int Threads = 8;
        SetAccounts(2 * Threads);
        ThreadGroup.Run(Threads, thread =>
        {
            for (int i = 0; i < 500; i++)
            {
                Assert.True(TryMove(2 * thread, (2 * thread) + 1, 1));
            }
        });

        CheckNowAndAfterReopening(() => Assert.All(Enumerable.Range(0, 2 * Threads),
            i => Assert.Equal(i % 2 == 0 ? -400 : 600, ReadAccount(i).Amount)));
    }

    [Fact]
    public void Batches_of_the_same_keys_in_any_order_never_stop_each_other_and_the_last_is_whole()
    {
        const int Keys = 20;
        ThreadGroup.Run(8, thread =>
        {
            var random = new Random(thread);
            var batch = new WriteBatch();
            int[] order = [.. Enumerable.Range(0, Keys)];
            for (int i = 0; i < 500; i++)
            {
                batch.Clear();
                random.Shuffle(order);
                foreach (int key in order)
                {
                    batch.Set(Key(key), Bytes($"{thread}-{i}"));
                }

                Assert.True(Engine.TryWrite(batch));
            }
        });

        CheckNowAndAfterReopening(() =>
            Assert.Single(Enumerable.Range(0, Keys).Select(key => Read($"key-{key}")).Distinct()));
    }

    private void SetAccounts(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Engine.Set(Key(i), Bytes("100"));
        }
    }

    private bool TryMove(int from, int to, int amount)
    {
        (int fromAmount, ulong fromVersion) = ReadAccount(from);
        (int toAmount, ulong toVersion) = ReadAccount(to);
        var batch = new WriteBatch();
        batch.Require(Key(from), fromVersion);
        batch.Set(Key(from), Bytes(string.Create(CultureInfo.InvariantCulture, $"{fromAmount - amount}")));
        batch.Set(Key(to), Bytes(string.Create(CultureInfo.InvariantCulture, $"{toAmount + amount}")));
        batch.Require(Key(to), toVersion);
        return Engine.TryWrite(batch);
    }

    /// <summary>Requirements that hold show that what was read was there at one moment.</summary>
    private void CheckSumWhereNothingChanged(int accounts)
    {
        var batch = new WriteBatch();
        int sum = 0;
        for (int i = 0; i < accounts; i++)
        {
            (int amount, ulong version) = ReadAccount(i);
            sum += amount;
            batch.Require(Key(i), version);
        }

        if (Engine.TryWrite(batch))
        {
            Assert.Equal(100 * accounts, sum);
        }
    }

    private (int Amount, ulong Version) ReadAccount(int number)
    {
        Span<byte> value = stackalloc byte[20];
        Assert.True(Engine.TryRead(Key(number), value, out ValueInfo info));
        return (int.Parse(value[..info.Bytes], CultureInfo.InvariantCulture), info.Version);
    }
}
