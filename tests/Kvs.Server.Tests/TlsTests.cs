using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Kvs.Protocol;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;
using Kvs.Testing;

namespace Kvs.Server.Tests;

/// <summary>Connections that are encrypted: what holds without TLS holds with it.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private readonly TestCertificate _files = new();
    private readonly KvsServerCertificate _certificate;

    public TlsTests() =>
        _certificate = KvsServerCertificate.Load(_files.PathOf("cert.pem"), _files.PathOf("key.pem"));

    public void Dispose()
    {
        _certificate.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task Requests_of_mixed_sizes_are_answered_in_order()
    {
        const uint requests = 300;
        await using TestServer server = await StartAsync(new KvsServerOptions());
        using RawClient client = Connect(server);
        Task sending = Task.Run(() =>
        {
            for (uint id = 0; id < requests; id++)
            {
                client.Send(o => o.Set(id, $"key{id}", new byte[SizeOf(id)]));
                client.Send(o => o.Get(id + requests, $"key{id}"));
            }
        });
        for (uint id = 0; id < requests; id++)
        {
            Assert.Equal((ReplyStatus.Ok, id), (client.Read().Status, id));
            RawReply got = client.Read();
            Assert.Equal((id + requests, SizeOf(id)), (got.Header.RequestId, got.Body.Length));
        }

        await sending;
        static int SizeOf(uint id) => id % 50 == 0 ? 300_000 : (int)id;
    }

    [Fact]
    public async Task A_client_that_half_closes_gets_all_its_replies_and_is_told_the_end()
    {
        await using TestServer server = await StartAsync(new KvsServerOptions());
        server.Engine.Set("big"u8, new byte[200_000]);
        RecordingStream? recording = null;
        SslStream? tls = null;

        // Version 1.2, because from 1.3 on nothing shows on the wire which of the bytes are the end.
        using var client = new RawClient(server.EndPoint, encrypt: network =>
        {
            recording = new RecordingStream(network);
            tls = (SslStream)_files.Encrypt(recording, SslProtocols.Tls12);
            return tls;
        });
        client.ShakeHands();
        client.Send(o =>
        {
            for (uint id = 2; id < 22; id++)
            {
                o.Get(id, "big");
            }
        });
        await tls!.ShutdownAsync();
        for (uint id = 2; id < 22; id++)
        {
            Assert.Equal((id, 200_000), (client.Read().Header.RequestId, 200_000));
        }

        client.AssertEnded();
        Assert.True(recording!.LastRecordIsAlert());
    }

    [Fact]
    public async Task A_request_that_was_begun_must_be_finished_in_time()
    {
        await using TestServer server = await StartAsync(new KvsServerOptions { FrameTimeout = Short });
        using RawClient client = Connect(server);
        client.SendHex("DB 04 00");
        RawReply reply = client.Read();
        Assert.Equal((ReplyStatus.TimedOut, true), (reply.Status, reply.IsLast));
        client.AssertEnded();
    }

    [Fact]
    public async Task A_clock_that_looks_at_a_waiting_connection_does_no_harm_to_it()
    {
        // Each round ends in a wait that is longer than the time between two looks; the connection goes on.
        await using TestServer server = await StartAsync(new KvsServerOptions { FrameTimeout = Short });
        using RawClient client = Connect(server);
        for (uint id = 2; id < 6; id++)
        {
            await Task.Delay(Short / 2);
            Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(id)).Status);
        }
    }

    [Fact]
    public async Task Stopping_answers_what_has_arrived_and_says_farewell()
    {
        var engine = new FaultyEngine();
        await using TestServer server = await StartAsync(new KvsServerOptions(), engine);
        using RawClient client = Connect(server);
        client.Send(o =>
        {
            o.Get(2, FaultyEngine.Waits);
            o.Set(3, "key", "value"u8);
        });
        Assert.True(engine.Reached.Wait(TimeSpan.FromSeconds(60)));
        Task stopping = server.Server.StopAsync();
        engine.Gate.Set();
        Assert.Equal(2u, client.Read().Header.RequestId);
        Assert.Equal(3u, client.Read().Header.RequestId);
        Assert.Equal(ReplyStatus.Stopping, client.Read().Status);
        client.AssertEnded();
        await stopping;
    }

    [Fact]
    public async Task Who_does_not_encrypt_or_begins_and_says_no_more_is_closed_and_nothing_executed()
    {
        await using TestServer server = await StartAsync(new KvsServerOptions { HandshakeTimeout = Short });
        using var silent = new RawClient(server.EndPoint);
        using var slow = new RawClient(server.EndPoint);
        slow.SendHex("16 03 01");
        using var plain = new RawClient(server.EndPoint);
        plain.Send(o =>
        {
            RequestWriter.WriteHello(o, 1, 1, 1);
            o.Set(2, "key", "value"u8);
        });
        silent.AssertEnded();
        slow.AssertEnded();
        AssertEndsWithoutReply(plain);
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
        using RawClient client = Connect(server);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(2)).Status);
    }

    [Theory]
    [InlineData("cert.pem", "missing.pem", "missing.pem: there is no such file")]
    [InlineData("missing.pem", "key.pem", "missing.pem: there is no such file")]
    [InlineData("key.pem", "key.pem", "key.pem: there is no PEM certificate in it")]
    [InlineData("broken.pem", "key.pem", "broken.pem: its certificates are broken")]
    [InlineData("cert.pem", "cert.pem", "cert.pem: there is no PEM private key in it")]
    [InlineData("cert.pem", "empty.pem", "empty.pem: there is no PEM private key in it")]
    [InlineData("cert.pem", "encrypted.pem", "encrypted.pem: the key is encrypted")]
    [InlineData("cert.pem", "other.pem", "other.pem: it is not the key of the certificate in")]
    public void Files_that_cannot_be_used_are_named_with_the_reason(string certificate, string key, string message)
    {
        var error = Assert.Throws<KvsCertificateException>(
            () => KvsServerCertificate.Load(_files.PathOf(certificate), _files.PathOf(key)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private Task<TestServer> StartAsync(KvsServerOptions options, IKvsEngine? engine = null) =>
        TestServer.StartAsync(options with { Certificate = _certificate }, engine);

    private RawClient Connect(TestServer server)
    {
        var client = new RawClient(server.EndPoint, encrypt: network => _files.Encrypt(network));
        client.ShakeHands();
        return client;
    }

    /// <summary>An alert that says why may come first, and the end may be a reset.</summary>
    private static void AssertEndsWithoutReply(RawClient client)
    {
        try
        {
            byte[] received = new byte[100];
            while (client.Socket.Receive(received) > 0)
            {
                Assert.NotEqual(BinaryProtocol.ReplyMagic, received[0]);
            }
        }
        catch (SocketException error)
        {
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }
    }
}
