using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kvs.Client;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>What the asynchronous client says when its server is slow, silent or gone, and what it does not do.
/// </summary>
public class LostConnectionTests
{
    [Fact]
    public async Task A_server_that_dies_leaves_the_outcome_of_writes_unknown_and_of_reads_not()
    {
        using var server = new FakeServer(socket => FakeServer.ReceiveFrame(socket));
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);

        // In one frame or in two: both have been sent before the server has read one.
        Task write = client.SetAsync("key", "value").AsTask();
        Task read = client.GetStringAsync("key").AsTask();
        var error = await Assert.ThrowsAsync<KvsConnectionException>(() => write);
        Assert.True(error.OutcomeUnknown);
        Assert.Equal(server.EndPoint, error.EndPoint);
        Assert.Contains("unknown", error.Message, StringComparison.Ordinal);
        Assert.False((await Assert.ThrowsAsync<KvsConnectionException>(() => read)).OutcomeUnknown);
    }

    [Fact]
    public async Task Nothing_is_sent_twice()
    {
        var frames = new ConcurrentQueue<byte>();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                using Socket socket = listener.AcceptSocket();
                FakeServer.ShakeHands(socket);
                frames.Enqueue(FakeServer.ReceiveFrame(socket).Code);
            }
        });
        await using KvsConnection client =
            await KvsConnection.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        foreach (bool isWrite in new[] { true, false, true })
        {
            Task call = isWrite ? client.SetAsync("key", "value").AsTask() : client.PingAsync().AsTask();
            var error = await Assert.ThrowsAsync<KvsConnectionException>(() => call);
            Assert.Equal(isWrite, error.OutcomeUnknown);
        }

        await serving;
        Assert.Equal([(byte)Operation.Batch, (byte)Operation.Ping, (byte)Operation.Batch], frames);
    }

    [Fact]
    public async Task A_server_that_stays_silent_is_given_up_on()
    {
        using var done = new ManualResetEventSlim();
        using var server = new FakeServer(_ => done.Wait(TimeSpan.FromSeconds(60)));
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            server.EndPoint, new KvsClientOptions { OperationTimeout = TimeSpan.FromMilliseconds(500) });
        var error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.SetAsync("k", "v"));
        done.Set();
        Assert.True(error.OutcomeUnknown);
        Assert.Contains("silent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_says_so_has_done_nothing()
    {
        using var server = new FakeServer(socket =>
        {
            FakeServer.ReceiveFrame(socket);
            FakeServer.SayLast(socket, ReplyStatus.Stopping);
        });
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        var error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.SetAsync("k", "v"));
        Assert.False(error.OutcomeUnknown);
        Assert.Equal(ReplyStatus.Stopping, Assert.IsType<KvsServerException>(error.InnerException).Status);
    }

    [Fact]
    public async Task A_peer_of_another_protocol_is_no_server()
    {
        using var server = new FakeServer(socket =>
        {
            FakeServer.ReceiveFrame(socket);
            socket.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
        });
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        var error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.PingAsync());
        Assert.Contains("does not speak the kvs protocol", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_call_ends_and_costs_no_other_one()
    {
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        using var cancellation = new CancellationTokenSource();
        Task waiting = client.GetStringAsync(FaultyEngine.Waits, cancellation.Token).AsTask();
        Task scan = client.PingAsync(cancellation.Token).AsTask();
        Task<string?> other = client.GetStringAsync("other").AsTask();
        Assert.True(engine.Reached.Wait(TimeSpan.FromSeconds(60)));
        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan);
        Assert.False(other.IsCompleted);
        engine.Gate.Set();
        Assert.Null(await other);
        await client.SetAsync("key", "value");
        Assert.Equal("value", await client.GetStringAsync("key"));

        // Of a call that is cancelled before it is made, nothing is sent.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await client.SetAsync("key", "other", cancellation.Token));
        Assert.Equal("value", await client.GetStringAsync("key"));
    }

    [Fact]
    public async Task Calls_that_are_cancelled_at_any_moment_mix_up_no_answers()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            server.EndPoint, new KvsClientOptions { MaxInFlight = 50 });
        for (int i = 0; i < 100; i++)
        {
            server.Engine.Set($"key{i}", $"value{i}");
        }

        await Task.WhenAll(Enumerable.Range(0, 200).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int i = 0; i < 100; i++)
            {
                int key = random.Next(100);
                using var cancellation = new CancellationTokenSource(TimeSpan.FromMicroseconds(random.Next(3_000)));
                try
                {
                    Assert.Equal($"value{key}", await client.GetStringAsync($"key{key}", cancellation.Token));
                }
                catch (OperationCanceledException)
                {
                    // As asked for.
                }
            }
        })));
    }

    [Fact]
    public async Task Calls_beyond_the_bound_wait_and_can_be_cancelled()
    {
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            server.EndPoint, new KvsClientOptions { MaxInFlight = 1 });
        Task<string?> first = client.GetStringAsync(FaultyEngine.Waits).AsTask();
        Assert.True(engine.Reached.Wait(TimeSpan.FromSeconds(60)));
        using var cancellation = new CancellationTokenSource();
        Task second = client.SetAsync("second", "x", cancellation.Token).AsTask();
        Task third = client.SetAsync("third", "x").AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        engine.Gate.Set();
        Assert.Null(await first);
        await third;
        Assert.Null(await client.GetStringAsync("second"));
    }

    [Fact]
    public async Task No_server_is_said_at_once()
    {
        IPEndPoint endPoint;
        await using (TestServer server = await TestServer.StartAsync())
        {
            endPoint = server.EndPoint;
        }

        var error = await Assert.ThrowsAsync<KvsConnectionException>(() => KvsConnection.ConnectAsync(endPoint));
        Assert.Contains($"Cannot connect to {endPoint}: Connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_back_is_found_again()
    {
        TestServer server = await TestServer.StartAsync();
        IPEndPoint endPoint = server.EndPoint;
        await using KvsConnection client = await KvsConnection.ConnectAsync(
            endPoint,
            new KvsClientOptions
            {
                ConnectTimeout = TimeSpan.FromSeconds(3),
                MaxReconnectPause = TimeSpan.FromMilliseconds(50),
            });
        await client.SetAsync("key", "value");
        await server.DisposeAsync();
        await Eventually.TrueAsync(() => !client.IsConnected);

        // Calls wait for a while, then no longer.
        var error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.GetStringAsync("key"));
        Assert.False(error.OutcomeUnknown);
        error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.SetAsync("key", "x"));
        Assert.False(error.OutcomeUnknown);
        await using TestServer again = await TestServer.StartAsync(endPoint: endPoint);
        await Eventually.TrueAsync(() => client.IsConnected);
        await client.SetAsync("key", "value");
        Assert.Equal("value", await client.GetStringAsync("key"));
    }

    [Fact]
    public async Task Calls_wait_for_a_server_that_is_not_there_yet()
    {
        IPEndPoint endPoint;
        await using (TestServer server = await TestServer.StartAsync())
        {
            endPoint = server.EndPoint;
        }

        await using KvsConnection client = KvsConnection.Start(
            endPoint, new KvsClientOptions { ConnectTimeout = TimeSpan.FromSeconds(60) });
        Task write = client.SetAsync("key", "value").AsTask();
        Task<string?> read = client.GetStringAsync("key").AsTask();
        await using TestServer late = await TestServer.StartAsync(endPoint: endPoint);
        await write;
        Assert.Equal("value", await read);
    }

    [Fact]
    public async Task A_closed_client_says_so()
    {
        using var done = new ManualResetEventSlim();
        using var server = new FakeServer(_ => done.Wait(TimeSpan.FromSeconds(60)));
        KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint);
        Task<string?> inFlight = client.GetStringAsync("key").AsTask();
        await client.DisposeAsync();
        done.Set();
        Assert.Contains(
            "closed by this program", (await Assert.ThrowsAsync<KvsConnectionException>(() => inFlight)).Message,
            StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<KvsConnectionException>(async () => await client.SetAsync("k", "v"));
        Assert.False(error.OutcomeUnknown);
        await client.DisposeAsync();
    }
}
