using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Kvs.Client;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>Whatever a client sends, it gets an answer or an end, and nobody else notices.</summary>
public class BadInputTests
{
    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n")]
    [InlineData("Host: localhost\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("\0\0\0\0")]
    public async Task Another_protocol_is_closed_and_nothing_executed(string start)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);

        // What a page in a browser can post: bytes that would be requests if they came first.
        var output = new ArrayBufferWriter<byte>();
        output.Write(Encoding.UTF8.GetBytes(start));
        RequestWriter.WriteHello(output, 1, 1, 1);
        output.Set(2, "key", "value"u8);
        client.Send(output.WrittenSpan);
        client.AssertEnded();
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task Nothing_is_executed_before_the_handshake()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);
        RawReply reply = client.Ask(o => o.Set(7, "key", "value"u8));
        Assert.Equal((ReplyStatus.HandshakeExpected, 7u, true), (reply.Status, reply.Header.RequestId, reply.IsLast));
        client.AssertEnded();
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task A_client_of_another_version_is_told_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);
        RawReply reply = client.Ask(o => RequestWriter.WriteHello(o, 1, 2, 9));
        Assert.Equal((ReplyStatus.UnsupportedVersion, true), (reply.Status, reply.IsLast));
        Assert.Contains("version 1", reply.Text, StringComparison.Ordinal);
        client.AssertEnded();
    }

    [Theory]
    [InlineData("", "wants a password")]
    [InlineData("wrong", "not the server's")]
    [InlineData("secret.", "not the server's")]
    public async Task Nothing_is_executed_for_a_client_without_the_password(string password, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Password = "secret" });
        using var client = new RawClient(server.EndPoint);
        client.Send(o =>
        {
            RequestWriter.WriteHello(o, 1, 1, 1, Encoding.UTF8.GetBytes(password));
            o.Set(2, "key", "value"u8);
        });
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.AccessDenied, 1u, true), (reply.Status, reply.Header.RequestId, reply.IsLast));
        Assert.Contains(message, reply.Text, StringComparison.Ordinal);
        client.AssertEnded();
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task A_client_with_the_password_is_served()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Password = "sécret" });
        using var client = new RawClient(server.EndPoint);
        byte[] password = Encoding.UTF8.GetBytes("sécret");
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => RequestWriter.WriteHello(o, 1, 1, 1, password)).Status);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Set(2, "key", "value"u8)).Status);
    }

    [Fact]
    public async Task The_handshake_comes_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        RawReply reply = client.Ask(o => RequestWriter.WriteHello(o, 2, 1, 1));
        Assert.Equal((ReplyStatus.HandshakeExpected, true), (reply.Status, reply.IsLast));
        client.AssertEnded();
    }

    [Fact]
    public async Task Before_the_handshake_no_long_frame_is_buffered()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);
        RawReply reply = client.Ask(o => o.Frame((byte)Operation.Hello, 0, 1, new byte[2000]));
        Assert.Equal((ReplyStatus.FrameTooLong, true), (reply.Status, reply.IsLast));
        client.AssertEnded();
    }

    [Theory]
    [InlineData(0xFFFFFFFF)]
    [InlineData(0x80000000)]
    [InlineData(0x10010041)]
    public async Task A_frame_beyond_the_limit_is_answered_and_the_connection_closed(uint announcedBytes)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        byte[] header = new byte[BinaryProtocol.HeaderBytes];
        new FrameHeader((byte)Operation.Set, 0, 5, announcedBytes).Write(header, BinaryProtocol.RequestMagic);
        client.Send(o => o.Ping(4));
        client.Send(header);

        // Still sending while the server ends the connection: a reset must not overtake its reply.
        client.Send(new byte[1024 * 1024]);
        Assert.Equal(4u, client.Read().Header.RequestId);
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.FrameTooLong, 5u, true), (reply.Status, reply.Header.RequestId, reply.IsLast));
        Assert.Contains("268501056", reply.Text, StringComparison.Ordinal);
        client.AssertEnded();
    }

    [Fact]
    public async Task Bytes_that_are_no_frame_end_the_connection_after_the_replies_before_them()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        client.Send(o =>
        {
            o.Set(2, "before", "x"u8);
            o.Write("???"u8);
            o.Set(3, "after", "x"u8);
        });
        Assert.Equal(ReplyStatus.Ok, client.Read().Status);
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.BrokenFrame, true), (reply.Status, reply.IsLast));
        client.AssertEnded();
        Assert.True(server.Engine.Contains("before"));
        Assert.False(server.Engine.Contains("after"));
    }

    [Theory]
    [InlineData(0x63, 0, "", ReplyStatus.UnknownOperation)]
    [InlineData(0x00, 0, "", ReplyStatus.UnknownOperation)]
    [InlineData((byte)Operation.Set, 0x0100, "01000000 6B 76", ReplyStatus.UnknownFlag)]
    [InlineData((byte)Operation.Get, 0x0001, "00 6B", ReplyStatus.UnknownFlag)]
    [InlineData((byte)Operation.Set, 0x0001, "03 01000000 6B 76", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Set, 0x0006, "0000000000000000 01000000 6B 76", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Set, 0x0010, "0000000000000000 01000000 6B 76", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Increment, 0, "00", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Batch, 0x0002, "", ReplyStatus.UnknownFlag)]
    [InlineData((byte)Operation.Batch, 0, "FF", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Batch, 0, "0C010000 0000000000000000", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.GetMany, 0, "FFFFFFFF 6B", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.AtomicBatch, 0, "04010000 00000000 6B 03010000 6B", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Require, 0, "6B", ReplyStatus.UnknownOperation)]
    [InlineData((byte)Operation.Set, 0, "FFFFFFFF 6B 76", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Set, 0, "6B", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Scan, 0, "00", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Scan, 0, "0000000000000000 00000000 00001000", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Ping, 0, "00", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Stats, 0, "00", ReplyStatus.MalformedBody)]
    [InlineData((byte)Operation.Get, 0, "", ReplyStatus.LimitExceeded)]
    [InlineData((byte)Operation.Remove, 0, "", ReplyStatus.LimitExceeded)]
    [InlineData((byte)Operation.Set, 0, "00000000 76", ReplyStatus.LimitExceeded)]
    public async Task A_request_that_cannot_be_done_is_answered_and_the_connection_lives(
        byte code, ushort flags, string bodyHex, ReplyStatus status)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        byte[] body = Convert.FromHexString(bodyHex.Replace(" ", "", StringComparison.Ordinal));
        RawReply reply = client.Ask(o => o.Frame(code, flags, 9, body));
        Assert.Equal((status, 9u, false), (reply.Status, reply.Header.RequestId, reply.IsLast));
        Assert.NotEqual("", reply.Text);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(10)).Status);
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task Keys_and_values_beyond_the_limits_are_told_the_limit()
    {
        var limits = new Limits { MaxKeyBytes = 10, MaxValueBytes = 20 };
        await using TestServer server = await TestServer.StartAsync(engine: new Memory.MemoryEngine(limits));
        using RawClient client = server.ConnectRaw();
        RawReply key = client.Ask(o => o.Set(2, "12345678901", "v"u8));
        Assert.Equal((ReplyStatus.LimitExceeded, false), (key.Status, key.IsLast));
        Assert.Contains("10 bytes", key.Text, StringComparison.Ordinal);
        RawReply value = client.Ask(o => o.Set(3, "key", new byte[21]));
        Assert.Equal((ReplyStatus.LimitExceeded, false), (value.Status, value.IsLast));
        Assert.Contains("20 bytes", value.Text, StringComparison.Ordinal);
        Assert.Equal(ReplyStatus.LimitExceeded, client.Ask(o => o.Get(4, "12345678901")).Status);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Set(5, "1234567890", new byte[20])).Status);

        // The client knows them from the handshake and sends nothing.
        using KvsClient blocking = server.Connect();
        Assert.Equal((10, 20), (blocking.MaxKeyBytes, blocking.MaxValueBytes));
        Assert.Throws<KvsLimitException>(() => blocking.Set("key"u8, new byte[21]));
        Assert.Throws<KvsLimitException>(() => blocking.Set("12345678901", "v"));
        Assert.Throws<KvsLimitException>(() => blocking.Remove(""));
        blocking.Ping();
        Assert.Equal(1, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task What_the_engine_cannot_do_is_an_error_reply_and_the_connection_lives()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine());
        using KvsClient client = server.Connect();
        AssertFails(ReplyStatus.WriteFailed, "disk is full", () => client.Set(FaultyEngine.WriteFails, "v"));
        AssertFails(ReplyStatus.WritesStopped, "sync failed", () => client.Remove(FaultyEngine.SyncFails));
        AssertFails(ReplyStatus.Damaged, "0001.log at offset 4711", () => client.GetString(FaultyEngine.IsDamaged));
        client.Set("key", "value");
        Assert.Equal("value", client.GetString("key"));
    }

    [Fact]
    public async Task A_job_that_throws_ends_its_connection_and_nothing_else()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine(), threads: 1);
        using KvsClient bystander = server.Connect();
        for (int i = 0; i < 20; i++)
        {
            using RawClient client = server.ConnectRaw();
            client.Send(o =>
            {
                o.Ping(2);
                o.Get(3, FaultyEngine.HasBug);
                o.Set(4, "after", "x"u8);
            });
            Assert.Equal(2u, client.Read().Header.RequestId);
            RawReply reply = client.Read();
            Assert.Equal((ReplyStatus.InternalError, true), (reply.Status, reply.IsLast));
            Assert.DoesNotContain("a bug", reply.Text, StringComparison.Ordinal);
            client.AssertEnded();
            bystander.Ping();
        }

        Assert.False(server.Engine.Contains("after"));
    }

    [Fact]
    public async Task A_client_that_vanishes_in_the_middle_of_a_frame_is_forgotten()
    {
        await using TestServer server = await TestServer.StartAsync();
        using (RawClient client = server.ConnectRaw())
        {
            client.SendHex("DB 04 0000 02000000 07000000 0100");
            client.Socket.LingerState = new LingerOption(true, 0);
        }

        await Eventually.TrueAsync(() => server.Server.Connections == 0);
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    private static void AssertFails(ReplyStatus status, string message, Action request)
    {
        var error = Assert.Throws<KvsServerException>(request);
        Assert.Equal(status, error.Status);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
