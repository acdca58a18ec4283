using System.Net;
using System.Text;
using Kvs.Client;
using Kvs.Protocol;
using Kvs.Server.Tests.Support;
using Kvs.Testing;

namespace Kvs.Server.Tests;

/// <summary>Each client under TLS: what it can do without, it can do with it, and it talks to nobody whom it was not
/// told to trust.</summary>
public sealed class EncryptedClientTests : IDisposable
{
    private const string Untrusted = "its certificate is not trusted";

    private readonly TestCertificate _files = new();
    private readonly KvsServerCertificate _certificate;
    private readonly KvsClientOptions _trusting;

    public EncryptedClientTests()
    {
        _certificate = KvsServerCertificate.Load(_files.PathOf("cert.pem"), _files.PathOf("key.pem"));
        _trusting = new KvsClientOptions { Tls = KvsClientTls.Trusting(_files.PathOf("cert.pem")) };
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData(5_000_000)]
    public async Task A_blocking_client_gets_back_what_it_stored(int valueBytes)
    {
        await using TestServer server = await StartAsync();
        using KvsClient client = KvsClient.Connect(server.EndPoint, _trusting);
        byte[] value = Noise(valueBytes);
        client.Set("key"u8, value);
        Assert.True(client.TryGet("key"u8, out byte[]? back));
        Assert.True(value.AsSpan().SequenceEqual(back));
        Assert.True(client.Remove("key"));
        client.Ping();
    }

    [Fact]
    public async Task A_pipeline_is_answered_in_order_while_it_sends()
    {
        const int requests = 20_000;
        await using TestServer server = await StartAsync();
        byte[] value = Noise(1_000_000);
        server.Engine.Set("long"u8, value);
        int found = 0;
        using KvsPipeline pipeline = KvsPipeline.Connect(
            server.EndPoint,
            (in KvsReply reply) =>
            {
                Assert.False(reply.IsError);
                bool isLong = reply.Index % 1000 == 1;
                Assert.Equal(isLong, reply.Value.SequenceEqual(value));
                found += isLong ? 1 : 0;
            },
            _trusting);
        for (int i = 0; i < requests; i++)
        {
            if (i % 1000 == 1)
            {
                pipeline.Get("long"u8);
            }
            else
            {
                pipeline.Set(Encoding.UTF8.GetBytes($"key{i}"), i % 1000 == 2 ? value : "value"u8);
            }
        }

        pipeline.Flush();
        Assert.Equal((requests, requests / 1000), (pipeline.Acknowledged, found));
    }

    [Fact]
    public async Task A_pipeline_whose_server_ends_has_all_its_replies()
    {
        await using TestServer server = await StartAsync(new KvsServerOptions { DrainTimeout = TimeSpan.Zero });
        using KvsPipeline pipeline = KvsPipeline.Connect(server.EndPoint, options: _trusting);
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
        Assert.InRange(server.Engine.GetStatistics().Keys, Math.Min(pipeline.Acknowledged, 100_000), long.MaxValue);
        Assert.Contains($"{pipeline.Answered} of {pipeline.Requested}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_asynchronous_client_serves_many_callers()
    {
        await using TestServer server = await StartAsync();
        await using KvsConnection client = await KvsConnection.ConnectAsync(server.EndPoint, _trusting);
        byte[] value = Noise(5_000_000);
        await client.SetAsync("long"u8.ToArray(), value);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            await client.SetAsync($"key{i}", $"value{i}");
            Assert.Equal($"value{i}", await client.GetStringAsync($"key{i}"));
        }));
        Assert.Equal(value, await client.GetAsync("long"u8.ToArray()));
    }

    [Fact]
    public async Task A_cluster_is_encrypted_server_by_server()
    {
        await using TestServer first = await StartAsync();
        await using TestServer second = await StartAsync();
        await using KvsCluster cluster =
            await KvsCluster.ConnectAsync([first.EndPoint, second.EndPoint], _trusting);
        Assert.All(cluster.Servers, server => Assert.True(server.IsConnected));
        for (int i = 0; i < 100; i++)
        {
            await cluster.SetAsync($"key{i}", $"value{i}");
            Assert.Equal($"value{i}", await cluster.GetStringAsync($"key{i}"));
        }

        Assert.InRange(first.Engine.GetStatistics().Keys, 1, 99);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        await using TestServer server = await StartAsync();
        await AssertRefusedAsync(server.EndPoint, new KvsClientOptions { Tls = new KvsClientTls() }, Untrusted);
        using var other = new TestCertificate();
        var mistaken = new KvsClientOptions { Tls = KvsClientTls.Trusting(other.PathOf("cert.pem")) };
        await AssertRefusedAsync(server.EndPoint, mistaken, Untrusted);
        Assert.Equal(0, server.Engine.GetStatistics().Keys);
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused()
    {
        await using TestServer server = await StartAsync();
        var mistaken = _trusting with { Tls = _trusting.Tls! with { TargetHost = "kvs.example" } };
        await AssertRefusedAsync(server.EndPoint, mistaken, "its certificate is not for kvs.example");
    }

    [Fact]
    public async Task A_certificate_that_a_trusted_authority_has_issued_is_accepted()
    {
        _files.Issue("authority.pem", "issued.pem", "issued-key.pem");
        using var issued = KvsServerCertificate.Load(_files.PathOf("issued.pem"), _files.PathOf("issued-key.pem"));
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Certificate = issued });
        var trusting = new KvsClientOptions { Tls = KvsClientTls.Trusting(_files.PathOf("authority.pem")) };
        using KvsClient client = KvsClient.Connect(server.EndPoint, trusting);
        client.Ping();
        await AssertRefusedAsync(server.EndPoint, _trusting, Untrusted);
    }

    [Fact]
    public async Task A_server_that_does_not_encrypt_is_told_from_one_that_is_not_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        await AssertRefusedAsync(server.EndPoint, _trusting, "perhaps it speaks none");
    }

    [Fact]
    public async Task A_client_that_should_encrypt_and_does_not_is_told_so()
    {
        await using TestServer server = await StartAsync();
        await AssertRefusedAsync(server.EndPoint, new KvsClientOptions(), "expects TLS");
    }

    [Theory]
    [InlineData("missing.pem", "there is no such file")]
    [InlineData("key.pem", "there is no PEM certificate in it")]
    [InlineData("broken.pem", "its certificates are broken")]
    public void A_file_that_vouches_for_nobody_is_named_with_the_reason(string file, string reason)
    {
        var error = Assert.Throws<KvsCertificateException>(() => KvsClientTls.Trusting(_files.PathOf(file)));
        Assert.Contains($"{file}: {reason}", error.Message, StringComparison.Ordinal);
    }

    private Task<TestServer> StartAsync(KvsServerOptions? options = null) =>
        TestServer.StartAsync((options ?? new KvsServerOptions()) with { Certificate = _certificate });

    /// <summary>Each client refuses to talk to the server, and says why.</summary>
    private static async Task AssertRefusedAsync(IPEndPoint server, KvsClientOptions options, string why)
    {
        KvsConnectionException[] errors =
        [
            Assert.Throws<KvsConnectionException>(() => KvsClient.Connect(server, options)),
            Assert.Throws<KvsConnectionException>(() => KvsPipeline.Connect(server, options: options)),
            await Assert.ThrowsAsync<KvsConnectionException>(() => KvsConnection.ConnectAsync(server, options)),
            await Assert.ThrowsAsync<KvsConnectionException>(() => KvsCluster.ConnectAsync([server], options)),
        ];
        Assert.All(errors, error =>
        {
            Assert.Contains($"Cannot connect to {server}: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.False(error.OutcomeUnknown);
        });
    }

    private static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(bytes).NextBytes(noise);
        return noise;
    }
}
