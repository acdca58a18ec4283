using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>The shorter names for conditional writes, expiry, reads, batches and scans on every engine.</summary>
public abstract class EngineConvenienceContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A_key_is_set_if_absent_once()
    {
        Assert.True(Engine.SetIfAbsent("text", "1"));
        Assert.False(Engine.SetIfAbsent("text", "2"));
        Assert.True(Engine.SetIfAbsent("bytes", [1]));
        Assert.False(Engine.SetIfAbsent("bytes", [2]));
        Assert.True(Engine.SetIfAbsent(Key(0), Bytes("1")));
        Assert.False(Engine.SetIfAbsent(Key(0), Bytes("2")));
        Assert.Equal(("1", "\u0001", "1"), (Read("text"), Read("bytes"), Read("key-0")));
    }

    [Fact]
    public void A_key_is_set_and_removed_over_the_version_that_was_read()
    {
        ulong first = Engine.TrySet("key", "1", expectedVersion: 0).Version;
        Assert.False(Engine.TrySet("key", "x", expectedVersion: 0).IsDone);
        ulong second = Engine.TrySet("key", [(byte)'2'], first).Version;
        ulong third = Engine.TrySet(Bytes("key"), Bytes("3"), second).Version;
        Assert.Equal(new WriteResult(IsDone: false, third), Engine.TrySet("key", "x", second));
        Assert.Equal("3", Read("key"));

        Assert.False(Engine.RemoveIf("key", second));
        Assert.False(Engine.RemoveIf(Bytes("key"), second));
        Assert.True(Engine.RemoveIf("key", third));
        Assert.False(Engine.RemoveIf(Bytes("key"), third));
        Assert.False(Engine.Contains("key"));
    }

    [Fact]
    public void Options_go_with_strings_streams_and_objects()
    {
        var serializer = new JsonKvsSerializer<int[]>();
        Assert.False(Engine.TrySet("key", "1", WriteOptions.IfPresent).IsDone);
        Assert.True(Engine.TrySet("key", [(byte)'2'], WriteOptions.IfAbsent).IsDone);
        Assert.False(Engine.TrySet("key", new MemoryStream([9]), 1, WriteOptions.IfAbsent).IsDone);
        Assert.False(Engine.TrySet("key", [7], serializer, WriteOptions.IfAbsent).IsDone);
        Assert.Equal("2", Read("key"));

        Assert.True(Engine.TrySet("stream", new MemoryStream(Bytes("3")), 1, WriteOptions.IfAbsent).IsDone);
        WriteResult result = Engine.TrySet("object", [4, 5], serializer, WriteOptions.IfAbsent);
        Assert.True(Engine.TryGet("object", serializer, out int[]? numbers, out ValueInfo info));
        Assert.Equal([4, 5], numbers);
        Assert.Equal(result.Version, info.Version);
        Assert.False(Engine.TryGet("missing", serializer, out _, out _));
        Assert.Equal(new WriteResult(IsDone: true, 0), Engine.TryRemove("key", WriteOptions.IfPresent));
        Assert.Equal(("3", null), (Read("stream"), Read("key")));
    }

    [Fact]
    public void A_counter_counts_by_one_unless_told_otherwise()
    {
        Assert.Equal(1, Engine.Increment("visits"));
        Assert.Equal(2, Engine.Increment("visits"));
        Assert.Equal(-8, Engine.Increment("visits", -10));
        Engine.Increment("visits", 1, new WriteOptions { ExpiresIn = Hour });
        Clock.Advance(Hour);
        Assert.Equal(1, Engine.Increment("visits"));
    }

    [Fact]
    public void A_value_is_set_for_a_time()
    {
        Engine.Set("text", "1", Hour);
        Engine.Set("bytes", [1], Hour);
        Engine.Set(Key(0), Bytes("1"), Hour);
        Assert.Equal(3, Engine.ScanKeys().Count());
        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() => Assert.Empty(Engine.ScanKeys()));
    }

    [Fact]
    public void The_moment_of_a_key_can_be_put_elsewhere_and_taken_away()
    {
        Assert.False(Engine.TryExpire("missing", Hour));
        Assert.False(Engine.TryExpire(Bytes("missing"), Clock.Now + Hour));
        Assert.False(Engine.Persist("missing"));
        for (int i = 0; i < 6; i++)
        {
            Engine.Set(Key(i), Bytes($"value-{i}"), Hour);
        }

        Assert.True(Engine.TryExpire("key-1", 2 * Hour));
        Assert.True(Engine.TryExpire(Key(2), Clock.Now + (2 * Hour)));
        Assert.True(Engine.Persist("key-3"));
        Assert.True(Engine.Persist(Key(4)));
        Assert.True(Engine.TryExpire("key-5", Clock.Now));
        Assert.False(Engine.Contains("key-5"));

        ulong version = VersionOf("key-3");
        Assert.True(Engine.Persist("key-3"));
        Assert.Equal(version, VersionOf("key-3"));

        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() => CheckThere(1, 2, 3, 4));
        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() => CheckThere(3, 4));

        void CheckThere(params int[] there) => Assert.All(Enumerable.Range(0, 6),
            i => Assert.Equal(there.Contains(i) ? $"value-{i}" : null, Read($"key-{i}")));
    }

    [Fact]
    public void Putting_a_moment_off_loses_no_write_of_other_threads()
    {
        Engine.Set("count", "0");
        ThreadGroup.Run(4, thread =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (thread % 2 == 0)
                {
                    Engine.Increment("count");
                }
                else
                {
                    Assert.True(i % 2 == 0 ? Engine.TryExpire("count", Hour) : Engine.Persist("count"));
                }
            }
        });
        Assert.Equal("20000", Read("count"));
    }

    [Fact]
    public void A_value_is_read_together_with_its_version()
    {
        ulong version = Engine.TrySet("key", "value", new WriteOptions { ExpiresIn = Hour }).Version;
        Assert.True(Engine.TryGet("key", out byte[]? value, out ValueInfo info));
        Assert.Equal(Bytes("value"), value);
        Assert.Equal(new ValueInfo(5, version, (Clock.Now + Hour).ToUnixTimeMilliseconds()), info);
        Assert.False(Engine.TryGet(Bytes("missing"), out value, out info));
        Assert.Equal((null, default), (value, info));
        using ValueLease? lease = Engine.TryLease("key");
        Assert.Equal(version, lease?.Info.Version);
    }

    [Fact]
    public void Many_strings_are_set_and_read_in_order()
    {
        Engine.SetMany(new Dictionary<string, string> { ["ä"] = "1", ["b"] = "2" });
        CheckNowAndAfterReopening(() => Assert.Equal([Bytes("2"), null, Bytes("1"), Bytes("2")],
            Engine.GetMany(["b", "missing", "ä", "b"])));
        Assert.Empty(Engine.GetMany(Array.Empty<string>()));
    }

    [Fact]
    public void A_batch_of_strings_is_written()
    {
        Engine.Set("removed", "old");
        var batch = new WriteBatch();
        batch.Set("ä", "ö");
        batch.Set("bytes", [65]);
        batch.Set("expiring", "1", Clock.Now + Hour);
        batch.Remove("removed");
        Engine.Write(batch);
        Clock.Advance(Hour);
        CheckNowAndAfterReopening(() =>
            Assert.Equal(("ö", "A", null, null), (Read("ä"), Read("bytes"), Read("expiring"), Read("removed"))));

        batch.Require("ä", VersionOf("ä"));
        Assert.Throws<ArgumentException>(() => Engine.Write(batch));
        Assert.True(Engine.TryWrite(batch));
        Assert.False(Engine.TryWrite(batch));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_an_error_everywhere()
    {
        const string Half = "a\uD83D";
        var batch = new WriteBatch();
        Action[] calls =
        [
            () => Engine.SetIfAbsent(Half, "x"),
            () => Engine.TrySet("x", Half, 0),
            () => Engine.Increment(Half),
            () => Engine.TryExpire(Half, Hour),
            () => Engine.GetMany([Half]),
            () => Engine.OpenRead(Half),
            () => Engine.ScanAll(Half),
            () => batch.Set(Half, "x"),
            () => batch.Set("x", Half),
            () => batch.Remove(Half),
            () => batch.Require(Half, 0),
        ];
        Assert.All(calls, call => Assert.ThrowsAny<ArgumentException>(call));
        Assert.Equal(0, batch.Count);
        Assert.Empty(Engine.ScanKeys());
    }

    [Fact]
    public async Task A_value_is_read_as_a_stream()
    {
        byte[] value = new byte[100_000];
        NewRandom().NextBytes(value);
        Engine.Set(Key(0), value);
        await using Stream? stream = Engine.OpenRead("key-0");
        Assert.NotNull(stream);
        Engine.Remove(Key(0));
        Assert.Null(Engine.OpenRead(Key(0)));

        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        Assert.Equal(value, copy.ToArray());
        Assert.Equal((value.Length, value.Length), (stream.Length, stream.Position));
        Assert.Equal(-1, stream.ReadByte());

        stream.Position = 5;
        byte[] part = new byte[10];
        Assert.Equal(10, await stream.ReadAsync(part));
        Assert.Equal(value[5..15], part);
        Assert.Equal(value.Length - 3, stream.Seek(-3, SeekOrigin.End));
        Assert.Equal(3, stream.Read(part, 1, 9));
        Assert.Equal(value[^3..], part[1..4]);
        Assert.Equal(0, await stream.ReadAsync(part.AsMemory(), CancellationToken.None));
        stream.Seek(1_000, SeekOrigin.Current);
        Assert.Equal(0, stream.Read(part));
        stream.CopyTo(Stream.Null);
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
        Assert.Equal(value.Length + 1_000, stream.Position);
        Assert.False(stream.CanWrite);
        Assert.Throws<NotSupportedException>(() => stream.Write(part));
    }

    [Fact]
    public void A_stream_that_was_disposed_says_so()
    {
        Engine.Set(Key(0), Bytes("value"));
        Stream? stream = Engine.OpenRead(Key(0));
        Assert.NotNull(stream);
        stream.Dispose();
        stream.Dispose();
        Assert.False(stream.CanRead);
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        Assert.Throws<ObjectDisposedException>(() => stream.Length);
        Assert.Throws<ObjectDisposedException>(() => stream.Position);
    }

    [Fact]
    public void A_scan_of_all_goes_on_where_another_ended()
    {
        for (int i = 0; i < 3_000; i++)
        {
            Engine.Set(Key(i), Bytes($"{i}"));
        }

        Engine.Set("other", "x");
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(3_001, Engine.ScanAll().Count());
            Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"{i}").Order(),
                Engine.ScanAll("key-").Select(entry => Encoding.UTF8.GetString(entry.Value.Span)).Order());
            Assert.Equal(3_000, Engine.ScanKeys("key-").Count());

            ScanPage[] pages = [.. Engine.ScanPages(Bytes("key-"), maxEntries: 100)];
            Assert.All(pages, page => Assert.InRange(page.Entries.Count, 0, 100));
            Assert.Equal(0UL, pages[^1].NextCursor);
            int read = pages.Take(10).Sum(page => page.Entries.Count);
            int left = Engine.ScanPages(Bytes("key-"), pages[9].NextCursor, keysOnly: true)
                .Sum(page => page.Entries.Count(entry => entry.Value.IsEmpty));
            Assert.Equal(3_000, read + left);
        });
    }

    [Fact]
    public async Task Asynchronous_calls_do_what_the_others_do()
    {
        await Engine.SetAsync("text", "1");
        await Engine.SetAsync(Key(0), Bytes("1"));
        WriteResult result = await Engine.TrySetAsync("text", "2", WriteOptions.IfPresent);
        Assert.Equal(VersionOf("text"), result.Version);
        Assert.False((await Engine.TrySetAsync(Key(0), Bytes("2"), WriteOptions.IfAbsent)).IsDone);
        var disk = new WriteOptions { Durability = Durability.Disk };
        Assert.Equal(3, await Engine.IncrementAsync(Bytes("count"), 3, disk));
        Assert.Equal(Bytes("2"), await Engine.GetAsync("text"));
        Assert.Equal(Bytes("1"), await Engine.GetAsync(Key(0)));
        Assert.Null(await Engine.GetAsync("missing"));
        Assert.True(await Engine.RemoveAsync("text"));
        Assert.False(await Engine.RemoveAsync(Bytes("text")));
        Assert.True((await Engine.TryRemoveAsync(Key(0), disk)).IsDone);

        var batch = new WriteBatch();
        batch.Set("batch", "1");
        await Engine.WriteAsync(batch, Durability.Disk);
        batch.Require("batch", 0);
        Assert.False(await Engine.TryWriteAsync(batch));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Engine.WriteAsync(batch));
        CheckNowAndAfterReopening(() => Assert.Equal(["batch", "count"],
            Engine.ScanKeys().Select(key => Encoding.UTF8.GetString(key.Span)).Order()));

        Engine.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Engine.SetAsync("text", "1"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Engine.GetAsync("text"));
    }
}
