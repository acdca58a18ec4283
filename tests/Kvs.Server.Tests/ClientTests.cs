using System.Net.Sockets;
using System.Text;
using Kvs.Client;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>What the blocking client promises, above all about what it does not know.</summary>
public class ClientTests
{
    [Fact]
    public async Task Values_come_back_as_they_went()
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        client.Set("empty", "");
        client.Set("unicode ✓", "several\nlines\0 and ✓");
        client.Set("bytes"u8, [0xFF, 0x00]);
        Assert.Equal("", client.GetString("empty"));
        Assert.Equal("several\nlines\0 and ✓", client.GetString("unicode ✓"));
        Assert.Equal([0xFF, 0x00], client.Get("bytes"));
        Assert.Null(client.GetString("nowhere"));
        Assert.False(client.TryGet("nowhere"u8, out _));
        Assert.Throws<KeyNotFoundException>(() => client.Get("nowhere"));
        Assert.True(client.Remove("empty"));
        Assert.False(client.Remove("empty"));
    }

    [Theory]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024 * 1024)]
    public async Task Long_values_come_back_as_they_went(int valueBytes)
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        byte[] value = new byte[valueBytes];
        new Random(valueBytes).NextBytes(value);
        client.Set("long"u8, value);
        Assert.True(client.TryGet("long"u8, out byte[]? back));
        Assert.True(value.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public async Task A_scan_returns_every_entry_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        for (int i = 0; i < 1000; i++)
        {
            client.Set($"key{i}", $"value{i}");
        }

        var seen = new List<string>();
        ulong cursor = 0;
        do
        {
            ScanPage page = client.Scan(cursor, 64);
            Assert.InRange(page.Entries.Count, 0, 64);
            seen.AddRange(page.Entries.Select(entry =>
                $"{Encoding.UTF8.GetString(entry.Key.Span)}={Encoding.UTF8.GetString(entry.Value.Span)}"));
            cursor = page.NextCursor;
        }
        while (cursor != 0);
        Assert.Equal(
            Enumerable.Range(0, 1000).Select(i => $"key{i}=value{i}").Order(StringComparer.Ordinal),
            seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stats_tell_about_server_and_store()
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        client.Set("key", "value");
        var figures = client.Stats().ToDictionary();
        Assert.Equal("memory", figures["engine"]);
        Assert.Equal("shared-queue", figures["pool"]);
        Assert.Equal("1", figures["keys"]);
        Assert.Equal("1", figures["connections"]);
        Assert.Equal("1", figures["requests"]);
    }

    [Fact]
    public async Task Threads_that_share_a_client_take_turns()
    {
        await using TestServer server = await TestServer.StartAsync();
        using KvsClient client = server.Connect();
        Threads.Run(8, thread =>
        {
            for (int i = 0; i < 200; i++)
            {
                client.Set($"{thread}/{i}", $"value{i}");
                Assert.Equal($"value{i}", client.GetString($"{thread}/{i}"));
            }
        });
    }

    [Fact]
    public void A_server_that_dies_after_a_write_was_sent_leaves_its_outcome_unknown()
    {
        using var server = new FakeServer(socket => FakeServer.ReceiveFrame(socket));
        using KvsClient client = KvsClient.Connect(server.EndPoint);
        var error = Assert.Throws<KvsConnectionException>(() => client.Set("key", "value"));
        Assert.True(error.OutcomeUnknown);
        Assert.Equal(server.EndPoint, error.EndPoint);
        Assert.Contains("unknown", error.Message, StringComparison.Ordinal);

        // Nothing is connected or sent again by itself.
        Assert.False(Assert.Throws<KvsConnectionException>(() => client.Set("key", "value")).OutcomeUnknown);
    }

    [Fact]
    public void A_server_that_dies_during_a_read_leaves_nothing_unknown()
    {
        using var server = new FakeServer(socket => FakeServer.ReceiveFrame(socket));
        using KvsClient client = KvsClient.Connect(server.EndPoint);
        Assert.False(Assert.Throws<KvsConnectionException>(() => client.GetString("key")).OutcomeUnknown);
    }

    [Fact]
    public void A_server_that_dies_before_it_has_all_of_a_request_cannot_have_done_it()
    {
        using var server = new FakeServer(socket => socket.LingerState = new LingerOption(true, 0));
        using KvsClient client = KvsClient.Connect(server.EndPoint);
        Assert.False(Assert.Throws<KvsConnectionException>(
            () => client.Set("key"u8, new byte[128 * 1024 * 1024])).OutcomeUnknown);
    }

    [Fact]
    public void A_server_that_stays_silent_is_given_up_on()
    {
        using var done = new ManualResetEventSlim();
        using var server = new FakeServer(_ => done.Wait(TimeSpan.FromSeconds(60)));
        var options = new KvsClientOptions { OperationTimeout = TimeSpan.FromSeconds(2) };
        using KvsClient client = KvsClient.Connect(server.EndPoint, options);
        var error = Assert.Throws<KvsConnectionException>(() => client.Set("key", "value"));
        done.Set();
        Assert.True(error.OutcomeUnknown);
        Assert.Contains("silent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_of_another_protocol_is_no_server()
    {
        using var server = new FakeServer(socket => socket.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8));
        using KvsClient client = KvsClient.Connect(server.EndPoint);
        var error = Assert.Throws<KvsConnectionException>(client.Ping);
        Assert.Contains("does not speak the kvs protocol", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipeline_says_exactly_how_much_was_acknowledged_when_the_server_dies()
    {
        const int answered = 1234;
        using var server = new FakeServer(socket =>
        {
            for (uint id = 1; id <= answered; id++)
            {
                FakeServer.Reply(socket, FakeServer.ReceiveFrame(socket).RequestId, ReplyStatus.Ok);
            }

            FakeServer.EndReplies(socket);
        });
        using KvsPipeline pipeline = KvsPipeline.Connect(server.EndPoint);
        var error = Assert.Throws<KvsConnectionException>((Action)(() =>
        {
            while (true)
            {
                pipeline.Set("key"u8, new byte[100]);
            }
        }));
        Assert.True(error.OutcomeUnknown);
        Assert.Equal((answered, answered), (pipeline.Answered, pipeline.Acknowledged));
        Assert.Equal(pipeline.Requested - answered, pipeline.InFlight);
        Assert.Contains($"{answered} of {pipeline.Requested}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipeline_knows_that_a_server_which_stopped_did_nothing_more()
    {
        await using TestServer server = await TestServer.StartAsync(
            new KvsServerOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) });
        using KvsPipeline pipeline = KvsPipeline.Connect(server.EndPoint);
        Task? stopping = null;
        var error = Assert.Throws<KvsConnectionException>((Action)(() =>
        {
            for (long i = 0; ; i++)
            {
                pipeline.Set(Encoding.UTF8.GetBytes($"key{i % 100_000}"), "value"u8);
                stopping ??= pipeline.Answered > 5_000 ? server.Server.StopAsync() : null;
            }
        }));
        await stopping!;
        long stored = server.Engine.GetStatistics().Keys;
        Assert.False(error.OutcomeUnknown);
        Assert.Equal(Math.Min(pipeline.Acknowledged, 100_000), stored);
    }
}
