using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Kvs.Memory;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;
using Kvs.Threading;

namespace Kvs.Server.Tests;

/// <summary>Where a server listens, and where it refuses to.</summary>
public sealed class EndPointTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-socket-");

    private string SocketPath => Path.Combine(_folder.FullName, "kvs.sock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_Unix_socket_serves_its_owner_only_and_is_gone_when_the_server_is()
    {
        await using TestServer server = await StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        using var client = new RawClient(new UnixDomainSocketEndPoint(SocketPath));
        client.ShakeHands();
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Set(2, "key", new byte[100_000])).Status);
        Assert.Equal(100_000, client.Ask(o => o.Get(3, "key")).Body.Length);
        await server.Server.StopAsync();
        Assert.Equal(ReplyStatus.Stopping, client.Read().Status);
        client.AssertEnded();
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task The_socket_that_a_killed_server_left_is_replaced()
    {
        // Bound under another name, as closing a socket removes the file that it has made.
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath + ".dead"));
            File.Move(SocketPath + ".dead", SocketPath);
        }

        Assert.True(File.Exists(SocketPath));
        await using TestServer server = await StartAsync();
        using var client = new RawClient(new UnixDomainSocketEndPoint(SocketPath));
        client.ShakeHands();
    }

    [Fact]
    public async Task The_socket_of_a_server_that_lives_is_refused()
    {
        await using TestServer server = await StartAsync();
        var error = await Assert.ThrowsAsync<KvsListenException>(StartAsync);
        Assert.Equal($"Cannot listen on {SocketPath}: another process is listening there.", error.Message);
        using var client = new RawClient(new UnixDomainSocketEndPoint(SocketPath));
        client.ShakeHands();
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(SocketPath, "precious");
        var error = await Assert.ThrowsAsync<KvsListenException>(StartAsync);
        Assert.Contains("no socket", error.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public async Task A_socket_in_a_folder_that_is_missing_is_refused()
    {
        _folder.Delete();
        var error = await Assert.ThrowsAsync<KvsListenException>(StartAsync);
        Assert.Contains($"the folder {_folder.FullName} does not exist", error.Message, StringComparison.Ordinal);
        _folder.Create();
    }

    [Fact]
    public async Task Several_places_serve_the_same_data_and_all_are_given_back_if_one_cannot_be_had()
    {
        using var engine = new MemoryEngine();
        using IThreadPool pool = new InlineThreadPool();
        var options = new KvsServerOptions
        {
            EndPoints =
            [
                new UnixDomainSocketEndPoint(SocketPath), new IPEndPoint(IPAddress.Loopback, 0),
                new IPEndPoint(IPAddress.Loopback, 0),
            ],
        };
        IPEndPoint taken;
        await using (KvsServer server = await KvsServer.StartAsync(options, engine, pool))
        {
            Assert.Equal(3, server.EndPoints.Distinct().Count());
            uint id = 0;
            foreach (EndPoint endPoint in server.EndPoints)
            {
                using var client = new RawClient(endPoint);
                client.ShakeHands();
                client.Ask(o => o.Set(++id, $"key{id}", "value"u8));
            }

            Assert.Equal(3, engine.GetStatistics().Keys);
            taken = server.EndPoint;
        }

        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        options = options with
        {
            EndPoints = [new UnixDomainSocketEndPoint(SocketPath), taken, listening.LocalEndPoint!],
        };
        var error = await Assert.ThrowsAsync<KvsListenException>(() => KvsServer.StartAsync(options, engine, pool));
        Assert.Equal($"Cannot listen on {listening.LocalEndPoint}: Address already in use.", error.Message);
        Assert.False(Path.Exists(SocketPath));
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(taken);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    public async Task Where_other_machines_can_connect_a_password_is_required(string address)
    {
        using var engine = new MemoryEngine();
        using IThreadPool pool = new InlineThreadPool();
        var options = new KvsServerOptions { EndPoints = [new IPEndPoint(IPAddress.Parse(address), 0)] };
        var error = await Assert.ThrowsAsync<KvsListenException>(() => KvsServer.StartAsync(options, engine, pool));
        Assert.Contains("no password is set", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<KvsListenException>(() => KvsServer.CheckEndPoints(options));
        Assert.Contains("no password is set", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret", false)]
    [InlineData(null, true)]
    public void With_a_password_or_where_it_is_meant_so_nobody_is_kept_from_listening(string? password, bool insecure)
    {
        // Looked at only: nothing listens, for no moment.
        KvsServer.CheckEndPoints(new KvsServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Any, 0)],
            Password = password,
            Insecure = insecure,
        });
    }

    private Task<TestServer> StartAsync() =>
        TestServer.StartAsync(endPoint: new UnixDomainSocketEndPoint(SocketPath));
}
