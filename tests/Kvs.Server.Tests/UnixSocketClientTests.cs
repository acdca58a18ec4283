using System.Net;
using System.Net.Sockets;
using System.Text;
using Kvs.Client;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>Each client over a Unix socket.</summary>
public sealed class UnixSocketClientTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-socket-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_blocking_client_gets_back_what_it_stored()
    {
        await using TestServer server = await StartAsync("one");
        using KvsClient client = KvsClient.Connect(At("one"));
        client.Set("key"u8, new byte[3_000_000]);
        Assert.True(client.TryGet("key"u8, out byte[]? value));
        Assert.Equal(3_000_000, value.Length);
        Assert.Equal(At("one"), client.EndPoint);
    }

    [Fact]
    public async Task A_pipeline_is_answered_in_order()
    {
        const int requests = 10_000;
        await using TestServer server = await StartAsync("one");
        long next = 0;
        using KvsPipeline pipeline = KvsPipeline.Connect(
            At("one"), (in KvsReply reply) => Assert.Equal((next++, false), (reply.Index, reply.IsError)));
        for (int i = 0; i < requests; i++)
        {
            pipeline.Set(Encoding.UTF8.GetBytes($"key{i}"), new byte[i % 20_000]);
        }

        pipeline.Flush();
        Assert.Equal(requests, pipeline.Acknowledged);
    }

    [Fact]
    public async Task A_cluster_has_servers_of_both_kinds()
    {
        await using TestServer first = await StartAsync("one");
        await using TestServer second = await TestServer.StartAsync();
        await using KvsCluster cluster = await KvsCluster.ConnectAsync([At("one"), second.EndPoint]);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => cluster.SetAsync($"key{i}", $"value{i}").AsTask()));
        Assert.Equal("value7", await cluster.GetStringAsync("key7"));
        Assert.InRange(first.Engine.GetStatistics().Keys, 1, 199);
        await Assert.ThrowsAsync<ArgumentException>(() => KvsCluster.ConnectAsync([At("one"), At("one")]));
    }

    [Fact]
    public async Task A_client_that_encrypts_does_so_over_TCP_only_as_servers_do()
    {
        await using TestServer server = await StartAsync("one");
        using KvsClient client = KvsClient.Connect(At("one"), new KvsClientOptions { Tls = new KvsClientTls() });
        client.Ping();
    }

    [Fact]
    public async Task A_socket_that_is_not_there_and_one_that_nobody_serves_are_told_apart()
    {
        await AssertRefusedAsync("there is no such socket");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(At("left"));
            File.Move(At("left").ToString(), At("one").ToString());
        }

        await AssertRefusedAsync("Connection refused");
    }

    [Fact]
    public async Task An_address_that_no_server_can_have_is_an_error_of_the_caller()
    {
        var host = new DnsEndPoint("localhost", 4000);
        Assert.Throws<ArgumentException>(() => KvsClient.Connect(host));
        Assert.Throws<ArgumentException>(() => KvsPipeline.Connect(host));
        await Assert.ThrowsAsync<ArgumentException>(() => KvsConnection.ConnectAsync(host));
        await Assert.ThrowsAsync<ArgumentException>(() => KvsCluster.ConnectAsync([host]));
    }

    private UnixDomainSocketEndPoint At(string name) => new(Path.Combine(_folder.FullName, name));

    private Task<TestServer> StartAsync(string name) => TestServer.StartAsync(endPoint: At(name));

    private async Task AssertRefusedAsync(string why)
    {
        EndPoint server = At("one");
        string message = $"Cannot connect to {server}: {why}.";
        Assert.Equal(message, Assert.Throws<KvsConnectionException>(() => KvsClient.Connect(server)).Message);
        Assert.Equal(message, (await Assert.ThrowsAsync<KvsConnectionException>(
            () => KvsConnection.ConnectAsync(server))).Message);
    }
}
