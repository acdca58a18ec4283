using System.Buffers;
using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about keys that are there up to a moment.</summary>
public abstract class EngineExpiryContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void A_key_is_there_up_to_the_millisecond_before_its_moment_and_not_from_it_on()
    {
        Engine.TrySet(Bytes("at"), Bytes("value"), new WriteOptions { ExpiresAt = Clock.Now + Hour });
        Engine.TrySet(Bytes("in"), Bytes("value"), new WriteOptions { ExpiresIn = Hour });
        Clock.Advance(Hour - Millisecond);
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("value", Read("at"));
            Assert.Equal("value", Read("in"));
        });

        Clock.Advance(Millisecond);
        CheckNowAndAfterReopening(() =>
        {
            CheckIsGone("at");
            CheckIsGone("in");
        });
    }

    [Fact]
    public void What_expires_while_the_store_is_closed_is_gone_when_it_opens()
    {
        Engine.TrySet(Bytes("first"), Bytes("value"), new WriteOptions { ExpiresIn = Hour });
        Engine.TrySet(Bytes("second"), Bytes("value"), new WriteOptions { ExpiresIn = 2 * Hour });
        Engine.Set(Bytes("lasting"), Bytes("value"));
        if (UnderTest.CanReopen)
        {
            Engine.Dispose();
            Clock.Advance(Hour);
            Reopen();
            CheckIsGone("first");
            Assert.Equal("value", Read("second"));
            Assert.Equal("value", Read("lasting"));
        }
    }

    [Fact]
    public void A_moment_is_told_to_the_millisecond()
    {
        DateTimeOffset moment = Clock.Now + Hour + (12.75 * Millisecond);
        Engine.TrySet(Key(0), Bytes("value"), new WriteOptions { ExpiresAt = moment.ToOffset(5 * Hour) });
        Engine.Set(Key(1), Bytes("value"));

        CheckNowAndAfterReopening(() =>
        {
            Engine.TryRead(Key(0), [], out ValueInfo info);
            Assert.Equal(Clock.Now + Hour + (12 * Millisecond), info.ExpiresAt);
            using ValueLease? lease = Engine.TryLease(Key(0));
            Assert.Equal(info, lease?.Info);
            Engine.TryRead(Key(1), [], out ValueInfo lasting);
            Assert.Null(lasting.ExpiresAt);
        });
    }

    [Fact]
    public void Moments_as_late_as_there_are_never_come()
    {
        Engine.TrySet(Bytes("at"), Bytes("value"), new WriteOptions { ExpiresAt = DateTimeOffset.MaxValue });
        Engine.TrySet(Bytes("in"), Bytes("value"), new WriteOptions { ExpiresIn = TimeSpan.MaxValue });
        Clock.Advance(TimeSpan.FromDays(365 * 1_000));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("value", Read("at"));
            Assert.Equal("value", Read("in"));
        });
    }

    [Fact]
    public void A_moment_that_has_passed_makes_the_key_gone_at_once()
    {
        DateTimeOffset[] passed =
            [Clock.Now, Clock.Now - Hour, DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue];
        foreach (DateTimeOffset moment in passed)
        {
            Engine.Set(Key(0), Bytes("old"));
            WriteResult result = Engine.TrySet(Key(0), Bytes("new"), new WriteOptions { ExpiresAt = moment });
            Assert.True(result.IsDone);
            Assert.NotEqual(0UL, result.Version);
            CheckNowAndAfterReopening(() => CheckIsGone("key-0"));

            var batch = new WriteBatch();
            batch.Set(Key(1), Bytes("new"), moment);
            Engine.Set(Key(1), Bytes("old"));
            Assert.True(Engine.TryWrite(batch));
            CheckNowAndAfterReopening(() => CheckIsGone("key-1"));
        }
    }

    [Fact]
    public void A_set_makes_a_key_that_expires_a_lasting_one()
    {
        Action<byte[]>[] sets =
        [
            key => Engine.Set(key, Bytes("new")),
            key => Engine.TrySet(key, Bytes("new"), default),
            key => Engine.SetMany([new KvsEntry(key, Bytes("new"))]),
            key =>
            {
                var batch = new WriteBatch();
                batch.Set(key, Bytes("new"));
                Engine.TryWrite(batch);
            },
        ];
        for (int i = 0; i < sets.Length; i++)
        {
            Engine.TrySet(Key(i), Bytes("old"), new WriteOptions { ExpiresIn = Hour });
            sets[i](Key(i));
        }

        Clock.Advance(2 * Hour);
        CheckNowAndAfterReopening(() =>
            Assert.All(Enumerable.Range(0, sets.Length), i => Assert.Equal("new", Read($"key-{i}"))));
    }

    [Fact]
    public void A_set_that_keeps_the_expiry_changes_the_value_alone()
    {
        var keeps = new WriteOptions { KeepsExpiry = true };
        Engine.TrySet(Bytes("expiring"), Bytes("old"), new WriteOptions { ExpiresIn = Hour });
        Engine.TrySet(Bytes("expiring"), Bytes("new"), keeps);
        Engine.Set(Bytes("lasting"), Bytes("old"));
        Engine.TrySet(Bytes("lasting"), Bytes("new"), keeps);
        Engine.TrySet(Bytes("missing"), Bytes("new"), keeps);
        Clock.Advance(Hour - Millisecond);
        CheckNowAndAfterReopening(() => Assert.Equal("new", Read("expiring")));

        Clock.Advance(Millisecond);
        CheckNowAndAfterReopening(() =>
        {
            CheckIsGone("expiring");
            Assert.Equal("new", Read("lasting"));
            Assert.Equal("new", Read("missing"));
        });

        // What has expired has no expiry to keep.
        Engine.TrySet(Bytes("expiring"), Bytes("again"), keeps);
        CheckNowAndAfterReopening(() => Assert.Equal("again", Read("expiring")));
    }

    [Fact]
    public void An_increment_keeps_the_expiry_unless_it_names_another()
    {
        Engine.TrySet(Key(0), Bytes("1"), new WriteOptions { ExpiresIn = Hour });
        Engine.TrySet(Key(1), Bytes("1"), new WriteOptions { ExpiresIn = Hour });
        Assert.Equal(3, Engine.Increment(Key(0), 2));
        Assert.Equal(3, Engine.Increment(Key(1), 2, new WriteOptions { ExpiresIn = 2 * Hour }));
        Assert.Equal(2, Engine.Increment(Key(2), 2, new WriteOptions { ExpiresAt = Clock.Now + Hour }));
        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() =>
        {
            CheckIsGone("key-0");
            Assert.Equal("3", Read("key-1"));
            CheckIsGone("key-2");
        });

        // And what has expired counts as 0, without an expiry.
        Assert.Equal(5, Engine.Increment(Key(0), 5));
        Clock.Advance(2 * Hour);
        CheckNowAndAfterReopening(() => Assert.Equal("5", Read("key-0")));
    }

    [Fact]
    public void Every_condition_takes_an_expired_key_for_one_that_is_not_there()
    {
        ulong[] versions = new ulong[5];
        for (int i = 0; i < versions.Length; i++)
        {
            versions[i] = Engine.TrySet(Key(i), Bytes("old"), new WriteOptions { ExpiresIn = Hour }).Version;
        }

        Clock.Advance(Hour);
        WriteResult added = Engine.TrySet(Key(0), Bytes("new"), WriteOptions.IfAbsent);
        Assert.True(added.IsDone);
        Assert.True(added.Version > versions[0]);
        Assert.Equal(default, Engine.TrySet(Key(1), Bytes("new"), WriteOptions.IfPresent));
        Assert.Equal(default, Engine.TrySet(Key(2), Bytes("new"), WriteOptions.IfVersion(versions[2])));
        Assert.Equal(default, Engine.TryRemove(Key(3), WriteOptions.IfVersion(versions[3])));
        Assert.False(Engine.Remove(Key(3)));

        var batch = new WriteBatch();
        batch.Require(Key(4), versions[4]);
        batch.Set(Key(4), Bytes("x"));
        Assert.False(Engine.TryWrite(batch));
        batch.Clear();
        batch.Require(Key(4), 0);
        batch.Set(Key(4), Bytes("new"));
        Assert.True(Engine.TryWrite(batch));

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("new", Read("key-0"));
            CheckIsGone("key-1");
            CheckIsGone("key-2");
            CheckIsGone("key-3");
            Assert.Equal("new", Read("key-4"));
        });
    }

    [Fact]
    public void A_set_of_an_expired_key_after_reopening_has_a_higher_version()
    {
        ulong old = Engine.TrySet(Key(0), Bytes("old"), new WriteOptions { ExpiresIn = Hour }).Version;
        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() => CheckIsGone("key-0"));
        Assert.True(Engine.TrySet(Key(0), Bytes("new"), default).Version > old);
    }

    [Fact]
    public void A_scan_leaves_out_what_has_expired()
    {
        for (int i = 0; i < 300; i++)
        {
            Engine.TrySet(Key(i), Bytes("value"),
                i % 3 == 0 ? default : new WriteOptions { ExpiresIn = (i % 3) * Hour });
        }

        foreach (int left in (int[])[300, 200, 100])
        {
            CheckNowAndAfterReopening(() =>
            {
                Assert.Equal(left, Engine.ScanAll().Count());
                Assert.Equal(left, Engine.ScanKeys("key-").Distinct(KeyText).Count());
            });
            Clock.Advance(Hour);
        }
    }

    [Fact]
    public void Keys_that_expire_and_come_back_again_and_again_have_their_last_value()
    {
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 100; i++)
            {
                WriteResult result = Engine.TrySet(
                    Key(i), Bytes($"{round}"), WriteOptions.IfAbsent with { ExpiresIn = Hour });
                Assert.True(result.IsDone);
            }

            Clock.Advance(Hour);
        }

        CheckNowAndAfterReopening(() => Assert.Empty(Engine.ScanAll()));
        Engine.Set(Key(7), Bytes("last"));
        CheckNowAndAfterReopening(() => Assert.Equal("last", Encoding.UTF8.GetString(
            Assert.Single(Engine.ScanAll()).Value.Span)));
    }

    [Fact]
    public void A_key_whose_moment_is_put_off_in_time_is_never_missed()
    {
        Engine.TrySet(Key(0), Bytes("value"), new WriteOptions { ExpiresIn = 2 * Millisecond });
        ThreadGroup.RunBeside(
            () =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    Engine.TrySet(Key(0), Bytes("value"), new WriteOptions { ExpiresIn = 2 * Millisecond });
                    Clock.Advance(Millisecond);
                }
            },
            count: 3,
            (thread, _) =>
            {
                bool isThere = thread == 0
                    ? Engine.ScanAll("key-").Any()
                    : Engine.TryRead(Key(0), [], out ValueInfo _);
                Assert.True(isThere, "The key was missed.");
            });
    }

    [Fact]
    public void Options_that_contradict_each_other_are_an_error()
    {
        WriteOptions[] contradictions =
        [
            new() { ExpiresAt = Clock.Now + Hour, ExpiresIn = Hour },
            new() { ExpiresAt = Clock.Now + Hour, KeepsExpiry = true },
            new() { ExpiresIn = Hour, KeepsExpiry = true },
            new() { ExpiresIn = TimeSpan.Zero },
            new() { ExpiresIn = -Hour },
        ];
        Engine.Set(Key(0), Bytes("1"));
        foreach (WriteOptions options in contradictions)
        {
            Assert.ThrowsAny<ArgumentException>(() => Engine.TrySet(Key(0), Bytes("2"), options));
            Assert.ThrowsAny<ArgumentException>(() => Engine.TrySet(Key(0), new MemoryStream(Bytes("2")), 1, options));
            Assert.ThrowsAny<ArgumentException>(() => Engine.SetMany([new KvsEntry(Key(0), Bytes("2"))], options));
            Assert.ThrowsAny<ArgumentException>(() => Engine.Increment(Key(0), 1, options));
        }

        Assert.ThrowsAny<ArgumentException>(() => Engine.TryRemove(Key(0), new WriteOptions { ExpiresIn = Hour }));
        Assert.ThrowsAny<ArgumentException>(
            () => Engine.TryRemove(Key(0), new WriteOptions { ExpiresAt = Clock.Now + Hour }));
        CheckNowAndAfterReopening(() => Assert.Equal("1", Read("key-0")));
    }

    private static EqualityComparer<ReadOnlyMemory<byte>> KeyText { get; } =
        EqualityComparer<ReadOnlyMemory<byte>>.Create((x, y) => x.Span.SequenceEqual(y.Span), key => key.Length);

    /// <summary>No read finds it.</summary>
    private void CheckIsGone(string key)
    {
        Assert.False(Engine.TryGet(Bytes(key), out byte[]? _));
        Assert.False(Engine.TryGet(Bytes(key), new ArrayBufferWriter<byte>()));
        Assert.False(Engine.TryGet(Bytes(key), new byte[100], out int _));
        Assert.False(Engine.TryRead(Bytes(key), new byte[100], out ValueInfo _));
        Assert.Null(Engine.TryLease(Bytes(key)));
        Assert.Null(Assert.Single(Engine.GetMany([key])));
        Assert.DoesNotContain(Engine.ScanKeys(key), found => found.Span.SequenceEqual(Bytes(key)));
    }
}
