using System.Collections.Concurrent;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about versions and about writes that are made where a condition holds.</summary>
public abstract class EngineConditionContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    [Fact]
    public void If_absent_stores_where_the_key_is_not_there_and_nowhere_else()
    {
        WriteResult first = Engine.TrySet(Key(0), Bytes("first"), WriteOptions.IfAbsent);
        WriteResult second = Engine.TrySet(Key(0), Bytes("second"), WriteOptions.IfAbsent);

        Assert.True(first.IsDone);
        Assert.Equal(new WriteResult(IsDone: false, first.Version), second);
        CheckNowAndAfterReopening(() => Assert.Equal("first", Read("key-0")));

        Engine.Remove(Key(0));
        Assert.True(Engine.TrySet(Key(0), Bytes("third"), WriteOptions.IfAbsent).IsDone);
        CheckNowAndAfterReopening(() => Assert.Equal("third", Read("key-0")));
    }

    [Fact]
    public void If_present_stores_where_the_key_is_there_and_nowhere_else()
    {
        Assert.Equal(default, Engine.TrySet(Key(0), Bytes("first"), WriteOptions.IfPresent));
        Assert.False(Engine.Contains(Key(0)));

        Engine.Set(Key(0), Bytes("second"));
        Assert.True(Engine.TrySet(Key(0), Bytes("third"), WriteOptions.IfPresent).IsDone);
        CheckNowAndAfterReopening(() => Assert.Equal("third", Read("key-0")));

        Engine.Remove(Key(0));
        Assert.Equal(default, Engine.TrySet(Key(0), Bytes("fourth"), WriteOptions.IfPresent));
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains(Key(0))));
    }

    [Fact]
    public void If_version_stores_over_that_version_alone()
    {
        ulong version = Engine.TrySet(Key(0), Bytes("first"), WriteOptions.IfVersion(0)).Version;
        Assert.False(Engine.TrySet(Key(0), Bytes("x"), WriteOptions.IfVersion(0)).IsDone);
        Assert.False(Engine.TrySet(Key(0), Bytes("x"), WriteOptions.IfVersion(version + 1)).IsDone);
        Assert.False(Engine.TrySet(Key(1), Bytes("x"), WriteOptions.IfVersion(version)).IsDone);

        CheckNowAndAfterReopening(() => Assert.Equal("first", Read("key-0")));
        ulong next = Engine.TrySet(Key(0), Bytes("second"), WriteOptions.IfVersion(version)).Version;
        Assert.Equal(new WriteResult(IsDone: false, next),
            Engine.TrySet(Key(0), Bytes("x"), WriteOptions.IfVersion(version)));
        CheckNowAndAfterReopening(() => Assert.Equal("second", Read("key-0")));
    }

    [Fact]
    public void A_value_set_again_unchanged_has_another_version()
    {
        Engine.Set(Key(0), Bytes("same"));
        ulong version = VersionOf("key-0");
        Engine.Set(Key(0), Bytes("same"));
        Assert.False(Engine.TrySet(Key(0), Bytes("x"), WriteOptions.IfVersion(version)).IsDone);
    }

    [Fact]
    public void A_removal_is_made_where_its_condition_holds()
    {
        Engine.Set(Key(0), Bytes("value"));
        ulong version = VersionOf("key-0");
        foreach (WriteOptions fails in (WriteOptions[])
            [WriteOptions.IfAbsent, WriteOptions.IfVersion(0), WriteOptions.IfVersion(version + 1)])
        {
            Assert.Equal(new WriteResult(IsDone: false, version), Engine.TryRemove(Key(0), fails));
        }

        CheckNowAndAfterReopening(() => Assert.Equal("value", Read("key-0")));
        Assert.Equal(new WriteResult(IsDone: true, 0), Engine.TryRemove(Key(0), WriteOptions.IfVersion(version)));
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains(Key(0))));

        Engine.Set(Key(0), Bytes("value"));
        Assert.True(Engine.TryRemove(Key(0), WriteOptions.IfPresent).IsDone);
        Engine.Set(Key(0), Bytes("value"));
        Assert.True(Engine.TryRemove(Key(0), default).IsDone);
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains(Key(0))));
    }

    [Fact]
    public void A_key_that_is_not_there_cannot_be_removed_whatever_the_condition()
    {
        foreach (WriteOptions options in (WriteOptions[])
            [default, WriteOptions.IfAbsent, WriteOptions.IfPresent, WriteOptions.IfVersion(7)])
        {
            Assert.Equal(new WriteResult(IsDone: false, 0), Engine.TryRemove(Key(0), options));
        }
    }

    [Fact]
    public void The_result_and_every_read_name_the_same_version()
    {
        ulong version = Engine.TrySet(Key(0), Bytes("value"), default).Version;
        Assert.NotEqual(0UL, version);

        CheckNowAndAfterReopening(() =>
        {
            var expected = new ValueInfo(5, version, 0);
            Assert.True(Engine.TryRead(Key(0), new byte[9], out ValueInfo roomy));
            Assert.Equal(expected, roomy);
            Assert.True(Engine.TryRead(Key(0), [], out ValueInfo tooSmall));
            Assert.Equal(expected, tooSmall);
            using ValueLease? lease = Engine.TryLease(Key(0));
            Assert.Equal(expected, lease?.Info);
            Assert.False(Engine.TryRead(Key(1), [], out ValueInfo missing));
            Assert.Equal(default, missing);
        });
    }

    [Fact]
    public void A_keys_versions_ascend_whatever_wrote_it_and_however_often_it_was_removed()
    {
        ulong last = 0;
        for (int round = 0; round < 3; round++)
        {
            Action[] writes =
            [
                () => Engine.Set(Key(0), Bytes("1")),
                () => Engine.TrySet(Key(0), Bytes("1"), WriteOptions.IfPresent),
                () => Engine.Increment(Key(0), 5),
                () => Engine.SetMany([new KvsEntry(Key(0), Bytes("2"))]),
                () => WriteInBatch("3"),
                () =>
                {
                    Engine.Remove(Key(0));
                    WriteInBatch("4");
                },
                () =>
                {
                    Engine.Remove(Key(0));
                    Engine.Set(Key(0), Bytes("5"));
                },
            ];
            foreach (Action write in writes)
            {
                write();
                CheckAscended();
            }

            Engine.Remove(Key(0));
            CheckNowAndAfterReopening(() => Assert.Equal(0UL, VersionOf("key-0")));
        }

        void CheckAscended()
        {
            ulong version = VersionOf("key-0");
            Assert.True(version > last, $"{version} after {last}");
            last = version;
            CheckNowAndAfterReopening(() => Assert.Equal(version, VersionOf("key-0")));
        }

        void WriteInBatch(string value)
        {
            var batch = new WriteBatch();
            batch.Set(Key(0), Bytes(value));
            Assert.True(Engine.TryWrite(batch));
        }
    }

    [Fact]
    public void A_condition_that_does_not_hold_leaves_value_version_and_expiry()
    {
        Engine.TrySet(Key(0), Bytes("value"), new WriteOptions { ExpiresIn = TimeSpan.FromHours(1) });
        Engine.TryRead(Key(0), [], out ValueInfo before);
        Engine.TrySet(Key(0), Bytes("other"), WriteOptions.IfAbsent with { ExpiresIn = TimeSpan.FromHours(2) });
        Engine.TrySet(Key(0), Bytes("other"), WriteOptions.IfVersion(before.Version + 1));

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("value", Read("key-0"));
            Engine.TryRead(Key(0), [], out ValueInfo after);
            Assert.Equal(before, after);
        });
    }

    [Fact]
    public void A_write_has_the_durability_that_it_asks_for_or_the_stores()
    {
        Assert.True(Enum.IsDefined(Engine.Durability));
        foreach (Durability level in Enum.GetValues<Durability>())
        {
            var options = new WriteOptions { Durability = level };
            Assert.True(Engine.TrySet(Bytes($"set-{level}"), Bytes("value"), options).IsDone);
            Engine.SetMany([new KvsEntry(Bytes($"many-{level}"), Bytes("value"))], options);
            Assert.Equal(1, Engine.Increment(Bytes($"count-{level}"), 1, options));
            Engine.Set(Bytes($"removed-{level}"), Bytes("value"));
            Assert.True(Engine.TryRemove(Bytes($"removed-{level}"), options).IsDone);
        }

        CheckNowAndAfterReopening(() => Assert.Equal(9, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void A_value_beyond_the_limit_is_refused_whether_the_condition_holds_or_not()
    {
        UseLimits(new Limits { MaxValueBytes = 10 });
        Assert.Throws<KvsLimitException>(() => Engine.TrySet(Key(0), new byte[11], WriteOptions.IfAbsent));
        Assert.Throws<KvsLimitException>(() => Engine.TrySet(Key(0), new byte[11], WriteOptions.IfPresent));
        Assert.False(Engine.Contains(Key(0)));
    }

    [Fact]
    public void Of_sixteen_threads_that_set_a_key_if_absent_exactly_one_does()
    {
        const int Keys = 1_000;
        int[] winners = new int[Keys];
        int wins = 0;
        using var together = new Barrier(16);
        ThreadGroup.Run(16, thread =>
        {
            for (int key = 0; key < Keys; key++)
            {
                // They race for the same key: left alone, one would be ahead of the others all the way.
                Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(60)), "A thread is missing.");
                if (Engine.TrySet(Key(key), Bytes($"{thread}"), WriteOptions.IfAbsent).IsDone)
                {
                    winners[key] = thread;
                    Interlocked.Increment(ref wins);
                }
            }
        });

        Assert.Equal(Keys, wins);
        CheckNowAndAfterReopening(() =>
            Assert.All(Enumerable.Range(0, Keys), key => Assert.Equal($"{winners[key]}", Read($"key-{key}"))));
    }

    [Fact]
    public void Of_sixteen_threads_that_remove_a_version_exactly_one_does()
    {
        const int Keys = 1_000;
        ulong[] versions = [.. Enumerable.Range(0, Keys)
            .Select(key => Engine.TrySet(Key(key), Bytes("value"), default).Version)];
        int removed = 0;
        ThreadGroup.Run(16, _ =>
        {
            for (int key = 0; key < Keys; key++)
            {
                if (Engine.TryRemove(Key(key), WriteOptions.IfVersion(versions[key])).IsDone)
                {
                    Interlocked.Increment(ref removed);
                }
            }
        });
        Assert.Equal(Keys, removed);
        CheckNowAndAfterReopening(() => Assert.Equal(0, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void A_removal_by_version_never_takes_a_newer_value()
    {
        var lost = new List<ulong>();
        var removed = new ConcurrentBag<ulong>();
        ulong version = Engine.TrySet(Key(0), Bytes("0"), default).Version;
        ThreadGroup.RunBeside(
            () =>
            {
                for (int i = 0; i < 50_000; i++)
                {
                    WriteResult result = Engine.TrySet(Key(0), Bytes($"{i}"), WriteOptions.IfVersion(version));
                    if (!result.IsDone)
                    {
                        lost.Add(version);
                        result = Engine.TrySet(Key(0), Bytes($"{i}"), WriteOptions.IfAbsent);
                        Assert.True(result.IsDone);
                    }

                    version = result.Version;
                }
            },
            count: 3,
            (_, _) =>
            {
                if (Engine.TryRead(Key(0), new byte[9], out ValueInfo info) &&
                    Engine.TryRemove(Key(0), WriteOptions.IfVersion(info.Version)).IsDone)
                {
                    removed.Add(info.Version);
                }
            });

        if (!Engine.Contains(Key(0)))
        {
            lost.Add(version);
        }

        Assert.Equal(lost.Order(), removed.Order());
    }

    [Fact]
    public void A_key_set_if_absent_and_removed_by_its_version_is_a_lock_that_one_thread_holds()
    {
        int holders = 0;
        int entered = 0;
        ThreadGroup.Run(8, thread =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                WriteResult taken = Engine.TrySet(Bytes("lock"), Bytes($"{thread}"), WriteOptions.IfAbsent);
                if (!taken.IsDone)
                {
                    continue;
                }

                Assert.Equal(1, Interlocked.Increment(ref holders));
                entered++;
                Interlocked.Decrement(ref holders);
                Assert.True(Engine.TryRemove(Bytes("lock"), WriteOptions.IfVersion(taken.Version)).IsDone);
            }
        });
        Assert.InRange(entered, 1, 8_000);
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains("lock")));
    }
}
