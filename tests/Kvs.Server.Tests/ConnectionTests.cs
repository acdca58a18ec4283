using System.Text;
using Kvs.Client;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>What the asynchronous client promises of a server that is there.</summary>
public class ConnectionTests
{
    [Fact]
    public async Task Values_come_back_as_they_went()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        await client.SetAsync("empty", "");
        await client.SetAsync("unicode ✓", "several\nlines\0 and ✓");
        byte[] big = new byte[3_000_000];
        new Random(1).NextBytes(big);
        await client.SetAsync("big"u8.ToArray(), big);
        Assert.Equal("", await client.GetStringAsync("empty"));
        Assert.Equal("several\nlines\0 and ✓", await client.GetStringAsync("unicode ✓"));
        Assert.Equal(big, await client.GetAsync("big"u8.ToArray()));
        Assert.Null(await client.GetStringAsync("nowhere"));
        Assert.True(await client.RemoveAsync("empty"));
        Assert.False(await client.RemoveAsync("empty"));
        Assert.Equal(5, await client.IncrementAsync("number", 5));
        Assert.Equal(4, await client.IncrementAsync("number", -1));
        await client.PingAsync();
        Assert.Equal("3", (await client.StatisticsAsync()).ToDictionary()["keys"]);
    }

    [Fact]
    public async Task Writes_have_conditions_expiries_and_versions()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        WriteResult first = await client.TrySetAsync("key", "1", WriteOptions.IfAbsent);
        Assert.True(first.IsDone);
        Assert.Equal(new WriteResult(false, first.Version), await client.TrySetAsync("key", "2", WriteOptions.IfAbsent));
        Assert.Equal(new WriteResult(false, 0), await client.TrySetAsync("other", "2", WriteOptions.IfPresent));
        WriteResult second = await client.TrySetAsync("key", "3", WriteOptions.IfVersion(first.Version));
        Assert.True(second.IsDone && second.Version > first.Version);
        byte[] key = "key"u8.ToArray();
        KvsValue? read = await client.ReadAsync(key);
        Assert.Equal((second.Version, null), (read!.Value.Version, read.Value.ExpiresAt));
        Assert.Null(await client.ReadAsync("nowhere"u8.ToArray()));
        Assert.False((await client.TryRemoveAsync(key, WriteOptions.IfVersion(first.Version))).IsDone);
        DateTimeOffset moment = DateTimeOffset.FromUnixTimeMilliseconds(4_000_000_000_123);
        await client.TrySetAsync("key", "4", new WriteOptions { ExpiresAt = moment });
        await client.TrySetAsync("key", "5", new WriteOptions { KeepsExpiry = true });
        Assert.Equal(moment, (await client.ReadAsync(key))!.Value.ExpiresAt);
        await client.TrySetAsync("soon", "6", new WriteOptions { ExpiresIn = TimeSpan.FromMilliseconds(1) });
        while (await client.GetStringAsync("soon") is not null)
        {
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await client.TrySetAsync(
            "key", "7", new WriteOptions { ExpiresAt = moment, KeepsExpiry = true }));
        var error = await Assert.ThrowsAsync<KvsServerException>(async () =>
        {
            await client.SetAsync("text", "x");
            await client.IncrementAsync("text");
        });
        Assert.Equal(ReplyStatus.NotANumber, error.Status);
    }

    [Fact]
    public async Task Batches_of_the_caller_are_answered_in_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        var batch = new KvsBatch();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes($"key{i % 7}");
            batch.Set(key, Encoding.UTF8.GetBytes($"value{i}"));
            batch.Get(key);
        }

        batch.Read("key1"u8);
        batch.Get(""u8);
        batch.Increment("number"u8, 7);
        IReadOnlyList<KvsResult> results = await client.ExecuteAsync(batch);
        Assert.Equal(20_003, results.Count);
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(results[2 * i].IsDone);
            Assert.Equal($"value{i}", Encoding.UTF8.GetString(results[(2 * i) + 1].Value.Span));
        }

        Assert.NotEqual(0ul, results[20_000].Version);
        Assert.Equal(ReplyStatus.LimitExceeded, results[20_001].Status);
        Assert.Throws<KvsServerException>(results[20_001].ThrowIfError);
        Assert.Equal(7, results[20_002].Number);
        Assert.Empty(await client.ExecuteAsync(new KvsBatch()));
        Assert.Equal(
            [null, "value9997"],
            (await client.GetManyAsync(["no"u8.ToArray(), "key1"u8.ToArray()]))
                .Select(value => value is null ? null : Encoding.UTF8.GetString(value)));
        await client.SetManyAsync([new KvsEntry("m1"u8.ToArray(), "1"u8.ToArray())]);
        Assert.Equal("1", await client.GetStringAsync("m1"));
    }

    [Fact]
    public async Task Atomic_batches_are_made_where_their_requirements_hold()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        var batch = new WriteBatch();
        batch.Set("a", "1", DateTimeOffset.FromUnixTimeMilliseconds(4_000_000_000_000));
        batch.Set("b", "2");
        batch.Remove("c");
        batch.Require("d", 1);
        Assert.False(await client.TryWriteAsync(batch));
        Assert.Null(await client.GetStringAsync("a"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.WriteAsync(batch));
        batch.Clear();
        batch.Set("a", "1", DateTimeOffset.FromUnixTimeMilliseconds(4_000_000_000_000));
        batch.Require("a", 0);
        Assert.True(await client.TryWriteAsync(batch, Durability.Disk));
        Assert.NotNull((await client.ReadAsync("a"u8.ToArray()))!.Value.ExpiresAt);
    }

    [Fact]
    public async Task A_scan_returns_every_entry_with_the_prefix_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        for (int i = 0; i < 5_000; i++)
        {
            server.Engine.Set($"{(i % 2 == 0 ? "even" : "odd")}{i}", $"value{i}");
        }

        var seen = new List<string>();
        await foreach (KvsEntry entry in client.ScanAsync("even"u8.ToArray(), keysOnly: true))
        {
            Assert.Equal(0, entry.Value.Length);
            seen.Add(Encoding.UTF8.GetString(entry.Key.Span));
        }

        Assert.Equal(
            Enumerable.Range(0, 2_500).Select(i => $"even{2 * i}").Order(StringComparer.Ordinal),
            seen.Order(StringComparer.Ordinal));
        Assert.Equal(5_000, await client.ScanAsync().CountAsync());
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(3)]
    public async Task Thousands_of_callers_share_a_connection(int maxInFlight)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            server.EndPoint, new KvsClientOptions { MaxInFlight = maxInFlight });
        await Task.WhenAll(Enumerable.Range(0, 5_000).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < 4; i++)
            {
                await client.SetAsync($"key{caller}", $"value{caller}/{i}");
                Assert.Equal($"value{caller}/{i}", await client.GetStringAsync($"key{caller}"));
                Assert.Equal(i + 1, await client.IncrementAsync($"number{caller}"));
            }
        })));
        Assert.Equal(10_000, server.Engine.GetStatistics().Keys);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task Ten_thousand_calls_of_mixed_sizes_are_executed_in_the_order_in_which_they_were_made(int inFlight)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            server.EndPoint, new KvsClientOptions { MaxInFlight = inFlight, MaxInFlightBytes = 1_000_000 });
        byte[] key = "key"u8.ToArray();
        var reads = new List<(byte[] Expected, Task<byte[]?> Read)>();
        var writes = new List<Task>();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] value = new byte[i % 500 == 3 ? 200_000 : i % 97];
            Array.Fill(value, (byte)i);
            writes.Add(client.SetAsync(key, value).AsTask());
            reads.Add((value, client.GetAsync(key).AsTask()));
            if (i % 1_000 == 0)
            {
                writes.Add(client.PingAsync().AsTask());
            }
        }

        await Task.WhenAll(writes);
        foreach ((byte[] expected, Task<byte[]?> read) in reads)
        {
            byte[]? found = await read;
            Assert.True(expected.AsSpan().SequenceEqual(found));
        }
    }

    [Fact]
    public async Task Keys_and_values_beyond_the_limits_are_not_sent()
    {
        await using TestServer server = await TestServer.StartAsync(
            engine: new Memory.MemoryEngine(new Limits { MaxKeyBytes = 10, MaxValueBytes = 20 }));
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        await Assert.ThrowsAsync<KvsLimitException>(async () => await client.SetAsync("key"u8.ToArray(), new byte[21]));
        await Assert.ThrowsAsync<KvsLimitException>(async () => await client.GetStringAsync(""));
        await Assert.ThrowsAsync<KvsLimitException>(async () => await client.RemoveAsync("12345678901"));
        var batch = new KvsBatch();
        batch.Set("key"u8, new byte[BinaryProtocol.MinMaxRequestBytes]);
        await Assert.ThrowsAsync<KvsLimitException>(async () => await client.ExecuteAsync(batch));
        await client.PingAsync();
        Assert.Equal("1", (await client.StatisticsAsync()).ToDictionary()["requests"]);
    }

    [Fact]
    public async Task A_long_value_does_not_join_others_beyond_what_the_server_reads()
    {
        await using TestServer server = await TestServer.StartAsync(
            engine: new Memory.MemoryEngine(new Limits { MaxValueBytes = BinaryProtocol.MinMaxRequestBytes }));

        // Made before there is a connection, so that they are gathered as soon as there is one.
        await using KvsConnection client = KvsConnection.Start(server.EndPoint);
        byte[] key = new byte[Limits.Default.MaxKeyBytes];
        Task[] calls =
        [
            .. Enumerable.Range(0, 60).Select(i => client.SetAsync(BitConverter.GetBytes(i), new byte[1000]).AsTask()),
            client.SetAsync(key, new byte[BinaryProtocol.MinMaxRequestBytes]).AsTask(),
            client.SetAsync("last"u8.ToArray(), new byte[1000]).AsTask(),
        ];
        await Task.WhenAll(calls);
        Assert.Equal(62, server.Engine.GetStatistics().Keys);
        Assert.Equal("1", (await client.StatisticsAsync()).ToDictionary()["connections_accepted"]);
    }

    [Fact]
    public async Task Whoever_has_the_password_is_let_in()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Password = "sésame" });
        var options = new KvsClientOptions { Password = "sésame" };
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint, options);
        await client.PingAsync();
        using KvsClient blocking = KvsClient.Connect(server.EndPoint, options);
        blocking.Ping();
        foreach (string? password in new[] { null, "wrong" })
        {
            var wrong = new KvsClientOptions { Password = password };
            var error = await Assert.ThrowsAsync<KvsServerException>(
                () => KvsConnection.ConnectAsync(server.EndPoint, wrong));
            Assert.Equal(ReplyStatus.AccessDenied, error.Status);
            error = Assert.Throws<KvsServerException>(() => KvsClient.Connect(server.EndPoint, wrong));
            Assert.Equal(ReplyStatus.AccessDenied, error.Status);
        }
    }

    [Fact]
    public async Task A_call_on_the_way_allocates_little()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        byte[] key = "nowhere"u8.ToArray();
        var calls = new ValueTask<byte[]?>[1_000];
        long least = long.MaxValue;
        for (int burst = 0; burst < 10; burst++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Begin();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            await EndAsync();
        }

        // The pool fills and buffers grow in the first bursts, and sometimes in one more; an object for each call would
        // be in all of them.
        Assert.True(least < 100 * calls.Length, $"{least} bytes were allocated");

        void Begin()
        {
            for (int i = 0; i < calls.Length; i++)
            {
                Keep(i, client.GetAsync(key));
            }
        }

        void Keep(int i, ValueTask<byte[]?> call) => calls[i] = call;

        async Task EndAsync()
        {
            foreach (ValueTask<byte[]?> call in calls)
            {
                Assert.Null(await call);
            }
        }
    }
}
