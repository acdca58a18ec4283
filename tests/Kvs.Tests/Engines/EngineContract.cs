using System.Buffers;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about single calls: values, limits, buffers, the end.</summary>
public abstract class EngineContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private const int LargeValueBytes = 20 * 1024 * 1024;

    [Fact]
    public void Set_twice_reads_the_second()
    {
        Engine.Set(Bytes("key"), Bytes("first"));
        Engine.Set(Bytes("key"), Bytes("second, and longer"));

        CheckNowAndAfterReopening(() => Assert.Equal(Bytes("second, and longer"), Engine.Get(Bytes("key"))));
    }

    [Fact]
    public void Set_of_a_shorter_value_leaves_nothing_of_the_longer()
    {
        Engine.Set(Bytes("key"), Bytes("a long value"));
        Engine.Set(Bytes("key"), Bytes("b"));

        CheckNowAndAfterReopening(() => Assert.Equal(Bytes("b"), Engine.Get(Bytes("key"))));
    }

    [Fact]
    public void A_missing_key_is_told_apart_from_a_failure()
    {
        Engine.Set(Bytes("other"), Bytes("value"));

        CheckNowAndAfterReopening(() =>
        {
            byte[] untouched = [1, 2, 3];
            var writer = new ArrayBufferWriter<byte>();
            Assert.False(Engine.TryGet(Bytes("missing"), out byte[]? value));
            Assert.Null(value);
            Assert.False(Engine.TryGet(Bytes("missing"), writer));
            Assert.Equal(0, writer.WrittenCount);
            Assert.False(Engine.TryGet(Bytes("missing"), untouched, out int _));
            Assert.Equal([1, 2, 3], untouched);
            Assert.False(Engine.Remove(Bytes("missing")));
            Assert.Equal(1, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void A_removed_key_is_gone_and_can_be_set_again()
    {
        Engine.Set(Bytes("gone"), Bytes("1"));
        Engine.Set(Bytes("again"), Bytes("1"));
        Assert.True(Engine.Remove(Bytes("gone")));
        Assert.True(Engine.Remove(Bytes("again")));
        Assert.False(Engine.Remove(Bytes("again")));
        Engine.Set(Bytes("again"), Bytes("2"));

        CheckNowAndAfterReopening(() =>
        {
            Assert.False(Engine.TryGet(Bytes("gone"), out byte[]? _));
            Assert.False(Engine.Remove(Bytes("gone")));
            Assert.Equal(Bytes("2"), Engine.Get(Bytes("again")));
            Assert.Equal(1, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void An_empty_value_is_a_value()
    {
        Engine.Set(Bytes("empty"), []);

        CheckNowAndAfterReopening(() =>
        {
            var writer = new ArrayBufferWriter<byte>();
            Assert.True(Engine.TryGet(Bytes("empty"), out byte[]? value));
            Assert.Empty(value);
            Assert.True(Engine.TryGet(Bytes("empty"), writer));
            Assert.Equal(0, writer.WrittenCount);
            Assert.True(Engine.TryGet(Bytes("empty"), [], out int length));
            Assert.Equal(0, length);
        });
        Assert.True(Engine.Remove(Bytes("empty")));
    }

    [Theory]
    [InlineData("käse", "größer als 10 €")]
    [InlineData("鍵\U0001F511", "値\nof several\r\nlines\n\n")]
    [InlineData(" ", "\0")]
    [InlineData("a\0b", "a\0c")]
    public void Text_of_any_kind_is_kept(string key, string value)
    {
        Engine.Set(key, value);

        CheckNowAndAfterReopening(() => Assert.Equal(value, Engine.GetString(key)));
    }

    [Fact]
    public void Keys_and_values_of_all_bytes_and_lengths_are_kept()
    {
        Random random = NewRandom();
        var expected = new Dictionary<string, byte[]>();
        for (int length = 1; length <= 300; length++)
        {
            byte[] key = new byte[length];
            byte[] value = new byte[random.Next(3 * length)];
            random.NextBytes(key);
            random.NextBytes(value);
            expected[Convert.ToHexString(key)] = value;
            Engine.Set(key, value);
        }

        CheckNowAndAfterReopening(() =>
        {
            Assert.All(expected, pair => Assert.Equal(pair.Value, Engine.Get(Convert.FromHexString(pair.Key))));
            Assert.Equal(expected.Count, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void Keys_that_share_a_long_beginning_are_different()
    {
        string beginning = new('x', 1000);
        Engine.Set(beginning, "0");
        Engine.Set(beginning + "1", "1");
        Engine.Set(beginning + "2", "2");

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("0", Engine.GetString(beginning));
            Assert.Equal("1", Engine.GetString(beginning + "1"));
            Assert.Equal("2", Engine.GetString(beginning + "2"));
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    public void The_shortest_and_the_longest_key_are_taken(int keyBytes)
    {
        byte[] key = new byte[keyBytes];
        key.AsSpan().Fill(7);
        Engine.Set(key, Bytes("value"));

        CheckNowAndAfterReopening(() => Assert.Equal(Bytes("value"), Engine.Get(key)));
    }

    [Fact]
    public void An_empty_key_is_an_error_that_states_the_limit()
    {
        CheckKeyIsRefused([], "1 byte");
    }

    [Fact]
    public void A_key_of_65537_bytes_is_an_error_that_states_the_limit()
    {
        CheckKeyIsRefused(new byte[65_537], "65536 bytes");
    }

    [Fact]
    public void A_key_beyond_limits_of_ones_own_is_an_error_that_states_them()
    {
        UseLimits(new Limits { MaxKeyBytes = 3 });
        Engine.Set(Bytes("abc"), Bytes("value"));
        CheckKeyIsRefused(Bytes("abcd"), "3 bytes");

        Assert.Equal(3, Engine.Limits.MaxKeyBytes);
    }

    [Fact]
    public void A_value_beyond_the_limit_is_an_error_that_states_it_and_changes_nothing()
    {
        UseLimits(new Limits { MaxValueBytes = 100 });
        Engine.Set(Bytes("longest"), new byte[100]);
        Engine.Set(Bytes("kept"), Bytes("old"));
        foreach (string key in (string[])["kept", "new"])
        {
            var error = Assert.Throws<KvsLimitException>(() => Engine.Set(Bytes(key), new byte[101]));
            Assert.Contains("100 bytes", error.Message, StringComparison.Ordinal);
        }

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(new byte[100], Engine.Get(Bytes("longest")));
            Assert.Equal(Bytes("old"), Engine.Get(Bytes("kept")));
            Assert.False(Engine.Contains(Bytes("new")));
            Assert.Equal(2, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void A_large_value_is_kept()
    {
        byte[] large = new byte[LargeValueBytes];
        NewRandom().NextBytes(large);
        Engine.Set(Bytes("before"), Bytes("1"));
        Engine.Set(Bytes("large"), large);
        Engine.Set(Bytes("after"), Bytes("2"));

        CheckNowAndAfterReopening(() =>
        {
            Assert.True(large.AsSpan().SequenceEqual(Engine.Get(Bytes("large"))));
            Assert.Equal(Bytes("1"), Engine.Get(Bytes("before")));
            Assert.Equal(Bytes("2"), Engine.Get(Bytes("after")));
        });
    }

    [Fact]
    public void A_destination_that_is_too_small_is_untouched_and_the_length_is_told()
    {
        Engine.Set(Bytes("key"), Bytes("12345"));
        byte[] destination = [9, 9, 9, 9];
        Assert.True(Engine.TryGet(Bytes("key"), destination, out int length));
        Assert.Equal(5, length);
        Assert.Equal([9, 9, 9, 9], destination);
    }

    [Fact]
    public void A_destination_with_room_gets_the_value_and_nothing_behind_it()
    {
        Engine.Set(Bytes("key"), Bytes("12345"));
        byte[] destination = [9, 9, 9, 9, 9, 9, 9];
        Assert.True(Engine.TryGet(Bytes("key"), destination.AsSpan(0, 5), out int exact));
        Assert.Equal(5, exact);
        Assert.Equal("12345"u8, destination.AsSpan(0, 5));
        Assert.True(Engine.TryGet(Bytes("key"), destination, out int roomy));
        Assert.Equal(5, roomy);
        Assert.Equal([.. Bytes("12345"), 9, 9], destination);
    }

    [Fact]
    public void A_writer_gets_the_value_behind_what_it_has()
    {
        Engine.Set(Bytes("key"), new byte[10_000]);
        var writer = new ArrayBufferWriter<byte>();
        writer.Write("head"u8);
        Assert.True(Engine.TryGet(Bytes("key"), writer));
        Assert.Equal([.. Bytes("head"), .. new byte[10_000]], writer.WrittenSpan.ToArray());
    }

    [Fact]
    public void The_callers_buffers_are_the_callers_again_after_the_call()
    {
        byte[] key = Bytes("key");
        byte[] value = Bytes("value");
        Engine.Set(key, value);
        key.AsSpan().Fill((byte)'x');
        value.AsSpan().Fill((byte)'x');
        Assert.Equal(Bytes("value"), Engine.Get(Bytes("key")));
        Assert.False(Engine.Contains(key));

        Engine.Get(Bytes("key")).AsSpan().Fill((byte)'x');
        CheckNowAndAfterReopening(() => Assert.Equal(Bytes("value"), Engine.Get(Bytes("key"))));
    }

    [Fact]
    public async Task Everything_but_disposing_fails_after_disposing()
    {
        Engine.Set(Bytes("key"), Bytes("value"));
        Engine.Dispose();
        Engine.Dispose();
        Assert.All(CallsOf(Bytes("key")), call => Assert.Throws<ObjectDisposedException>(call));
        Assert.Throws<ObjectDisposedException>(() => Engine.Scan(0, 1, 1));
        Assert.Throws<ObjectDisposedException>(() => Engine.GetStatistics());
        Assert.Throws<ObjectDisposedException>(() => Engine.Flush());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Engine.FlushAsync());
    }

    [Fact]
    public async Task A_flush_changes_nothing_that_can_be_read()
    {
        Engine.Flush();
        Engine.Set(Bytes("key"), Bytes("1"));
        Engine.Flush();
        Engine.Set(Bytes("key"), Bytes("2"));
        await Engine.FlushAsync();
        await Engine.FlushAsync(CancellationToken.None);
        Engine.Remove(Bytes("other"));
        CheckNowAndAfterReopening(() => Assert.Equal(Bytes("2"), Engine.Get(Bytes("key"))));
    }

    [Fact]
    public async Task A_flush_with_a_callback_ends_as_well()
    {
        for (int i = 0; i < 20; i++)
        {
            Engine.Set(Key(i), Bytes("value"));
            var told = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.True(!Engine.FlushThen(told.SetResult) || await told.Task is null);
        }

        CheckNowAndAfterReopening(() => Assert.Equal(20, Engine.GetStatistics().Keys));
    }

    [Fact]
    public async Task Many_flushes_at_once_all_end()
    {
        Task[] flushes = [.. Enumerable.Range(0, 100).Select(async i =>
        {
            await Task.Yield();
            Engine.Set(Key(i), Bytes("value"));
            await Engine.FlushAsync();
        })];
        await Task.WhenAll(flushes);
        CheckNowAndAfterReopening(() => Assert.Equal(100, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void Statistics_name_the_engine_and_count_its_keys()
    {
        Assert.Equal(0, Engine.GetStatistics().Keys);
        for (int i = 0; i < 100; i++)
        {
            Engine.Set(Key(i % 50), Key(i));
        }

        Engine.Remove(Key(0));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(49, Engine.GetStatistics().Keys);
            Assert.Equal(Engine.Name, Engine.GetStatistics().Engine);
        });
    }

    private void CheckKeyIsRefused(byte[] key, string limit)
    {
        long before = Engine.GetStatistics().Keys;
        Action[] calls = CallsOf(key);
        Assert.All(calls, call =>
            Assert.Contains(limit, Assert.Throws<KvsLimitException>(call).Message, StringComparison.Ordinal));
        CheckNowAndAfterReopening(() => Assert.Equal(before, Engine.GetStatistics().Keys));
    }

    /// <summary>A call of each method that takes a key.</summary>
    private Action[] CallsOf(byte[] key) =>
    [
        () => Engine.Set(key, Bytes("value")),
        () => Engine.TrySet(key, Bytes("value"), default),
        () => Engine.TrySet(key, new MemoryStream(Bytes("value")), 5, default),
        () => Engine.SetMany([new KvsEntry(key, Bytes("value"))]),
        () => Engine.Remove(key),
        () => Engine.TryRemove(key, default),
        () => Engine.Increment(key, 1),
        () =>
        {
            var batch = new WriteBatch();
            batch.Remove(key);
            Engine.TryWrite(batch);
        },
        () => Engine.TryGet(key, out byte[]? _),
        () => Engine.TryGet(key, new ArrayBufferWriter<byte>()),
        () => Engine.TryGet(key, new byte[9], out int _),
        () => Engine.TryRead(key, new byte[9], out ValueInfo _),
        () => Engine.TryLease(key),
        () => Engine.GetMany([key]),
    ];
}
