using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about values that are read where they are, and written from streams.</summary>
public abstract class EngineLeaseContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private const int LargeValueBytes = 3 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(70_000)]
    [InlineData(LargeValueBytes)]
    public void A_lease_holds_the_value(int valueBytes)
    {
        byte[] value = RandomBytes(valueBytes);
        Engine.Set(Key(0), value);
        CheckNowAndAfterReopening(() =>
        {
            using ValueLease? lease = Engine.TryLease(Key(0));
            Assert.NotNull(lease);
            Assert.True(value.AsSpan().SequenceEqual(lease.Value.Span));
            Assert.Equal(valueBytes, lease.Info.Bytes);
            Assert.Null(Engine.TryLease(Key(1)));
        });
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(LargeValueBytes)]
    public void A_leases_bytes_stay_whatever_is_written_meanwhile(int valueBytes)
    {
        byte[] value = RandomBytes(valueBytes);
        Engine.Set(Key(0), value);
        Engine.Set(Key(1), value);
        using ValueLease? overwritten = Engine.TryLease(Key(0));
        using ValueLease? removed = Engine.TryLease(Key(1));
        Assert.NotNull(overwritten);
        Assert.NotNull(removed);
        Engine.Remove(Key(1));

        // Enough for the memory of the old value to be used again, if it were given back.
        byte[] other = new byte[10_000];
        other.AsSpan().Fill(0xEE);
        for (int i = 0; i < 1_000; i++)
        {
            Engine.Set(Key(0), other);
            Engine.Set(Key(2 + (i % 10)), other);
        }

        Engine.Flush();
        Assert.True(value.AsSpan().SequenceEqual(overwritten.Value.Span));
        Assert.True(value.AsSpan().SequenceEqual(removed.Value.Span));
        Assert.Equal(other, Engine.Get(Key(0)));
        Assert.False(Engine.Contains(Key(1)));
    }

    [Fact]
    public void A_leases_bytes_stay_when_the_key_expires()
    {
        Engine.TrySet(Key(0), Bytes("value"), new WriteOptions { ExpiresIn = TimeSpan.FromHours(1) });
        using ValueLease? lease = Engine.TryLease(Key(0));
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(Engine.TrySet(Key(0), Bytes("other"), WriteOptions.IfAbsent).IsDone);
        Assert.Equal(Bytes("value"), lease?.Value.ToArray());
    }

    [Fact]
    public void A_lease_outlives_the_engine_and_the_store_can_be_opened_again()
    {
        byte[] small = RandomBytes(100);
        byte[] large = RandomBytes(LargeValueBytes);
        Engine.Set(Key(0), small);
        Engine.Set(Key(1), large);
        using ValueLease? smallLease = Engine.TryLease(Key(0));
        using ValueLease? largeLease = Engine.TryLease(Key(1));
        Engine.Dispose();
        Check();
        if (UnderTest.CanReopen)
        {
            Reopen();
            Engine.Set(Key(0), Bytes("other"));
            Engine.Remove(Key(1));
            Check();
            Engine.Dispose();
            Check();
        }

        void Check()
        {
            Assert.Equal(small, smallLease?.Value.ToArray());
            Assert.True(large.AsSpan().SequenceEqual(largeLease!.Value.Span));
        }
    }

    [Fact]
    public void A_lease_that_was_disposed_says_so()
    {
        Engine.Set(Key(0), Bytes("value"));
        ValueLease? lease = Engine.TryLease(Key(0));
        Assert.NotNull(lease);
        lease.Dispose();
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lease.Value);
        Assert.Equal(5, lease.Info.Bytes);
        Assert.Equal("value", Read("key-0"));
    }

    [Fact]
    public void Leases_of_many_threads_hold_whole_values_while_others_overwrite_them()
    {
        const int Keys = 20;
        for (int key = 0; key < Keys; key++)
        {
            Engine.Set(Key(key), new byte[2_000]);
        }

        ThreadGroup.RunBeside(
            () =>
            {
                var held = new Queue<ValueLease>();
                for (int i = 0; i < 5_000; i++)
                {
                    ValueLease? lease = Engine.TryLease(Key(i % Keys));
                    Assert.NotNull(lease);
                    held.Enqueue(lease);
                    if (held.Count > 50)
                    {
                        CheckAndEnd(held.Dequeue());
                    }
                }

                foreach (ValueLease lease in held)
                {
                    CheckAndEnd(lease);
                }
            },
            count: 3,
            (thread, i) =>
            {
                byte[] value = new byte[2_000];
                value.AsSpan().Fill((byte)i);
                Engine.Set(Key((i + thread) % Keys), value);
            });

        static void CheckAndEnd(ValueLease lease)
        {
            Assert.Equal(2_000, lease.Value.Length);
            Assert.Equal(-1, lease.Value.Span.IndexOfAnyExcept(lease.Value.Span[0]));
            lease.Dispose();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(LargeValueBytes)]
    public void A_value_comes_from_a_stream_which_is_read_no_further(int valueBytes)
    {
        byte[] value = RandomBytes(valueBytes);
        using var stream = new PiecewiseStream([.. value, 1, 2, 3], failsAt: null);
        WriteResult result = Engine.TrySet(Key(0), stream, valueBytes, default);
        Assert.True(result.IsDone);
        Assert.Equal(valueBytes, stream.Position);
        CheckNowAndAfterReopening(() =>
        {
            Assert.True(value.AsSpan().SequenceEqual(Engine.Get(Key(0))));
            Assert.Equal(result.Version, VersionOf("key-0"));
        });
    }

    [Theory]
    [InlineData(10)]
    [InlineData(LargeValueBytes)]
    public void A_stream_that_ends_early_or_throws_stores_nothing(int valueBytes)
    {
        Engine.Set(Key(0), Bytes("old"));
        foreach (byte[] key in (byte[][])[Key(0), Key(1)])
        {
            using var tooShort = new PiecewiseStream(new byte[valueBytes - 1], failsAt: null);
            Assert.Throws<EndOfStreamException>(() => Engine.TrySet(key, tooShort, valueBytes, default));
            using var failing = new PiecewiseStream(new byte[valueBytes], failsAt: valueBytes - 2);
            Assert.Throws<InvalidTimeZoneException>(() => Engine.TrySet(key, failing, valueBytes, default));
        }

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("old", Read("key-0"));
            Assert.Equal(1, Engine.GetStatistics().Keys);
        });

        // And nothing of it has stayed behind.
        byte[] whole = RandomBytes(valueBytes);
        Assert.True(Engine.TrySet(Key(0), new MemoryStream(whole), valueBytes, default).IsDone);
        CheckNowAndAfterReopening(() => Assert.True(whole.AsSpan().SequenceEqual(Engine.Get(Key(0)))));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(LargeValueBytes)]
    public void A_value_from_a_stream_is_stored_as_the_options_say(int valueBytes)
    {
        Engine.Set(Key(0), Bytes("old"));
        using var stream = new MemoryStream(new byte[valueBytes]);
        WriteResult failed = Engine.TrySet(Key(0), stream, valueBytes, WriteOptions.IfAbsent);
        Assert.Equal(new WriteResult(IsDone: false, VersionOf("key-0")), failed);
        CheckNowAndAfterReopening(() => Assert.Equal("old", Read("key-0")));

        stream.Position = 0;
        WriteOptions options = WriteOptions.IfVersion(failed.Version) with { ExpiresIn = TimeSpan.FromHours(1) };
        Assert.True(Engine.TrySet(Key(0), stream, valueBytes, options).IsDone);
        CheckNowAndAfterReopening(() => Assert.Equal(valueBytes, Engine.Get(Key(0)).Length));
        Clock.Advance(TimeSpan.FromHours(1));
        CheckNowAndAfterReopening(() => Assert.False(Engine.Contains(Key(0))));
    }

    [Fact]
    public void A_length_beyond_the_limit_is_an_error_before_the_stream_is_read()
    {
        UseLimits(new Limits { MaxValueBytes = 10 });
        using var stream = new MemoryStream(new byte[100]);
        Assert.Throws<KvsLimitException>(() => Engine.TrySet(Key(0), stream, 11, default));
        Assert.Throws<KvsLimitException>(() => Engine.TrySet([], stream, 10, default));
        Assert.Throws<KvsLimitException>(() => Engine.TrySet(Key(0), stream, -1, default));
        Assert.Equal(0, stream.Position);
        CheckNowAndAfterReopening(() => Assert.Equal(0, Engine.GetStatistics().Keys));
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        NewRandom().NextBytes(bytes);
        return bytes;
    }

    /// <summary>Gives its bytes in pieces, as a network does, and fails where it is told to.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int? failsAt) : MemoryStream(bytes)
    {
        // All other ways of reading come here.
        public override int Read(byte[] buffer, int offset, int count)
        {
            if (failsAt <= Position)
            {
                throw new InvalidTimeZoneException();
            }

            int most = (int)Math.Min(7_000, (failsAt ?? long.MaxValue) - Position);
            return base.Read(buffer, offset, Math.Min(count, most));
        }
    }
}
