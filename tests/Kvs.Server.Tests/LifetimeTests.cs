using System.Net;
using Kvs.Client;
using Kvs.Memory;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;
using Kvs.Testing;
using Kvs.Threading;

namespace Kvs.Server.Tests;

/// <summary>Connections that come, wait and go, and a server that does.</summary>
public class LifetimeTests
{
    /// <summary>Time-outs that tests wait for: long enough for what must happen before them on a busy
    /// machine.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(NaiveThreadPool.PoolName)]
    [InlineData(SharedQueueThreadPool.PoolName)]
    [InlineData(WorkStealingThreadPool.PoolName)]
    [InlineData(InlineThreadPool.PoolName)]
    public async Task Every_pool_serves_many_clients_at_once(string pool)
    {
        const int clients = 16;
        const int rounds = 200;
        await using TestServer server = await TestServer.StartAsync(pool: pool);
        Threads.Run(clients, number =>
        {
            using KvsClient client = server.Connect();
            for (int i = 0; i < rounds; i++)
            {
                client.Set($"{number}/{i % 7}", $"{i}");
                Assert.Equal($"{i}", client.GetString($"{number}/{i % 7}"));
            }
        });
        Assert.Equal(clients * 7, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task A_thousand_idle_connections_on_two_workers_do_not_keep_a_further_client_waiting()
    {
        await using TestServer server = await TestServer.StartAsync(threads: 2);
        var idle = new List<RawClient>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                // Half of them have said nothing at all, half have begun a request.
                idle.Add(i % 2 == 0 ? new RawClient(server.EndPoint) : server.ConnectRaw());
                if (i % 4 == 1)
                {
                    idle[^1].SendHex("DB 04 0000");
                }
            }

            using KvsClient client = server.Connect();
            for (int i = 0; i < 1000; i++)
            {
                client.Set("key", "value");
                Assert.Equal("value", client.GetString("key"));
            }
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task One_connection_too_many_is_told_so_and_there_is_room_when_another_goes()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { MaxConnections = 2 });
        using KvsClient first = server.Connect();
        KvsClient second = server.Connect();
        for (int i = 0; i < 10; i++)
        {
            var error = Assert.Throws<KvsServerException>(server.Connect);
            Assert.Equal(ReplyStatus.TooManyConnections, error.Status);
            Assert.Contains("2 connections", error.Message, StringComparison.Ordinal);
        }

        first.Ping();
        second.Dispose();
        await Eventually.TrueAsync(() => server.Server.Connections == 1);
        using KvsClient third = server.Connect();
        third.Ping();
    }

    [Fact]
    public async Task A_handshake_must_be_finished_in_time()
    {
        var options = new KvsServerOptions { HandshakeTimeout = Short };
        await using TestServer server = await TestServer.StartAsync(options);
        await using TestServer guarded = await TestServer.StartAsync(options with { Password = "secret" });
        using var ahead = new RawClient(server.EndPoint);
        using var silent = new RawClient(guarded.EndPoint);
        foreach (TestServer each in new[] { server, guarded })
        {
            using var slow = new RawClient(each.EndPoint);
            slow.SendHex("DB 01 0000 0100");
            RawReply reply = slow.Read();
            Assert.Equal((ReplyStatus.TimedOut, true), (reply.Status, reply.IsLast));
            slow.AssertEnded();
        }

        silent.AssertEnded();

        // Who has not begun, where nobody is asked who he is, may take his time.
        ahead.ShakeHands();
    }

    [Theory]
    [InlineData(KvsTransport.Epoll, false)]
    [InlineData(KvsTransport.Epoll, true)]
    [InlineData(KvsTransport.Kestrel, false)]
    [InlineData(KvsTransport.Kestrel, true)]
    public async Task A_client_that_takes_none_of_its_replies_is_cut_off(KvsTransport transport, bool isEncrypted)
    {
        using var files = new TestCertificate();
        using var certificate = KvsServerCertificate.Load(files.PathOf("cert.pem"), files.PathOf("key.pem"));
        var options = new KvsServerOptions
        {
            SendTimeout = Short,
            MinFrameProgressBytes = int.MaxValue,
            Transport = transport,
            Certificate = isEncrypted ? certificate : null,
        };
        await using TestServer server = await TestServer.StartAsync(options);
        server.Engine.Set("big"u8, new byte[1024 * 1024]);
        using var deaf = new RawClient(server.EndPoint, receiveBufferBytes: 64 * 1024,
            encrypt: isEncrypted ? network => files.Encrypt(network) : null);
        deaf.ShakeHands();
        deaf.Send(o =>
        {
            for (uint id = 2; id < 102; id++)
            {
                o.Get(id, "big");
            }
        });
        await Eventually.TrueAsync(() => server.Server.Connections == 0);
        using var live = new RawClient(
            server.EndPoint, encrypt: isEncrypted ? network => files.Encrypt(network) : null);
        live.ShakeHands();
        Assert.Contains("connections_timed_out:1\n", live.Ask(o => RequestWriter.WriteStats(o, 2)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_takes_its_replies_slowly_is_not_cut_off()
    {
        // Each pause is shorter than the time that the replies have, all of them together are not.
        var options = new KvsServerOptions { SendTimeout = Short, MinFrameProgressBytes = int.MaxValue };
        await using TestServer server = await TestServer.StartAsync(options);
        server.Engine.Set("big"u8, new byte[1024 * 1024]);
        using var slow = new RawClient(server.EndPoint, receiveBufferBytes: 64 * 1024);
        slow.ShakeHands();
        slow.Send(o =>
        {
            for (uint id = 2; id < 62; id++)
            {
                o.Get(id, "big");
            }
        });
        for (uint id = 2; id < 62; id++)
        {
            await Task.Delay(Short / 20);
            Assert.Equal(id, slow.Read().Header.RequestId);
        }
    }

    [Fact]
    public async Task An_idle_client_is_told_that_its_time_is_up_where_idleness_is_limited()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { IdleTimeout = Short });
        using RawClient client = server.ConnectRaw();
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(2)).Status);
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.TimedOut, true), (reply.Status, reply.IsLast));
        Assert.Contains("idle", reply.Text, StringComparison.Ordinal);
        client.AssertEnded();
        await Eventually.TrueAsync(() => server.Server.Connections == 0);
    }

    [Theory]
    [InlineData("DB 04 00")]
    [InlineData("DB 04 0000 02000000 07000000 0100")]
    public async Task A_request_that_was_begun_must_be_finished_in_time(string startHex)
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { FrameTimeout = Short });
        using KvsClient idle = server.Connect();
        using RawClient client = server.ConnectRaw();
        client.Send(o => o.Set(2, "key", "value"u8));
        client.SendHex(startHex);
        Assert.Equal(ReplyStatus.Ok, client.Read().Status);
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.TimedOut, true), (reply.Status, reply.IsLast));
        client.AssertEnded();

        // Who has begun nothing may be idle for longer than that.
        idle.Ping();
    }

    [Fact]
    public async Task Stopping_finishes_and_answers_what_has_arrived()
    {
        const uint requests = 1000;
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using RawClient client = server.ConnectRaw();
        client.Send(o =>
        {
            o.Get(2, FaultyEngine.Waits);
            for (uint id = 3; id < 3 + requests; id++)
            {
                o.Set(id, $"key{id}", new byte[1000]);
            }
        });
        Assert.True(engine.Reached.Wait(TimeSpan.FromSeconds(60)));
        Task stopping = server.Server.StopAsync();
        engine.Gate.Set();
        for (uint id = 2; id < 3 + requests; id++)
        {
            Assert.Equal(id, client.Read().Header.RequestId);
        }

        RawReply last = client.Read();
        Assert.Equal(
            (ReplyStatus.Stopping, BinaryProtocol.NoRequest, true),
            (last.Status, last.Header.RequestId, last.IsLast));
        client.AssertEnded();
        await stopping;
        Assert.Equal(requests, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task When_stopping_has_ended_no_job_runs_and_nobody_connects()
    {
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(
            new KvsServerOptions { DrainTimeout = TimeSpan.Zero }, engine);
        using RawClient client = server.ConnectRaw();
        client.Send(o => o.Get(2, FaultyEngine.Waits));
        Assert.True(engine.Reached.Wait(TimeSpan.FromSeconds(60)));
        Task stopping = server.Server.StopAsync();

        // Longer than connections are given: the job in the engine is waited for all the same.
        await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromSeconds(2)));
        Assert.False(stopping.IsCompleted);
        engine.Gate.Set();
        await stopping;
        await server.Server.StopAsync();
        Assert.Equal(0, server.Server.Connections);
        var error = Assert.Throws<KvsConnectionException>(server.Connect);
        Assert.Equal($"Cannot connect to {server.EndPoint}: Connection refused.", error.Message);
        Assert.False(error.OutcomeUnknown);
    }

    [Fact]
    public async Task A_client_that_was_idle_while_the_server_stopped_knows_that_nothing_was_done()
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        client.Ping();
        await server.Server.StopAsync();
        var error = Assert.Throws<KvsConnectionException>(() => client.Set("key", "value"));
        Assert.False(error.OutcomeUnknown);
        Assert.Throws<KvsConnectionException>(client.Ping);
    }

    [Fact]
    public async Task A_slow_reader_does_not_keep_a_server_from_stopping()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { DrainTimeout = Short });
        server.Engine.Set("big"u8, new byte[8 * 1024 * 1024]);
        using var slow = new RawClient(server.EndPoint, receiveBufferBytes: 64 * 1024);
        slow.ShakeHands();
        slow.Send(o =>
        {
            for (uint id = 2; id < 102; id++)
            {
                o.Get(id, "big");
            }
        });
        await server.Server.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_server_stops_beside_a_client_that_never_pauses()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { DrainTimeout = Short });
        using var ready = new ManualResetEventSlim();
        Task<KvsConnectionException> client = Task.Run(() => Assert.Throws<KvsConnectionException>((Action)(() =>
        {
            using KvsClient restless = server.Connect();
            for (int i = 0; ; i++)
            {
                restless.Set("count", $"{i}");
                ready.Set();
            }
        })));
        Assert.True(ready.Wait(TimeSpan.FromSeconds(60)));
        await server.Server.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False((await client).OutcomeUnknown);
    }

    [Fact]
    public async Task A_pool_that_is_gone_ends_connections_and_not_the_process()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        server.DisposePool();
        client.Send(o => o.Ping(2));
        client.AssertEnded();
    }

    [Fact]
    public async Task An_address_that_is_taken_is_an_error_that_names_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var engine = new MemoryEngine();
        using IThreadPool pool = new InlineThreadPool();
        var options = new KvsServerOptions { EndPoints = [server.EndPoint] };
        var error = await Assert.ThrowsAsync<KvsListenException>(
            () => KvsServer.StartAsync(options, engine, pool));
        Assert.Equal($"Cannot listen on {server.EndPoint}: Address already in use.", error.Message);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_an_error_that_names_it()
    {
        using var engine = new MemoryEngine();
        using IThreadPool pool = new InlineThreadPool();

        // From the block of addresses that are for documentation only: nobody has them.
        var options = new KvsServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)],
            Insecure = true,
        };
        var error = await Assert.ThrowsAsync<KvsListenException>(
            () => KvsServer.StartAsync(options, engine, pool));
        Assert.StartsWith("Cannot listen on 192.0.2.1:0: ", error.Message, StringComparison.Ordinal);
    }
}
