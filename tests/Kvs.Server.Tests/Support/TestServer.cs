using System.Net;
using Kvs.Client;
using Kvs.Memory;
using Kvs.Threading;

namespace Kvs.Server.Tests.Support;

/// <summary>A server on a free port of the loopback interface, with an engine and a pool of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly IThreadPool _pool;

    private TestServer(KvsServer server, IKvsEngine engine, IThreadPool pool)
    {
        Server = server;
        Engine = engine;
        _pool = pool;
    }

    internal KvsServer Server { get; }

    internal IKvsEngine Engine { get; }

    internal IPEndPoint EndPoint => Server.EndPoint;

    internal static async Task<TestServer> StartAsync(
        KvsServerOptions? options = null,
        IKvsEngine? engine = null,
        string pool = SharedQueueThreadPool.PoolName,
        int threads = 2,
        EndPoint? endPoint = null)
    {
        options = (options ?? new KvsServerOptions()) with
        {
            EndPoints = [endPoint ?? new IPEndPoint(IPAddress.Loopback, 0)],
        };
        engine ??= new MemoryEngine();
        IThreadPool threadPool = ThreadPools.Create(pool, threads);
        KvsServer server = await KvsServer.StartAsync(options, engine, threadPool);
        return new TestServer(server, engine, threadPool);
    }

    internal KvsClient Connect() => KvsClient.Connect(EndPoint);

    /// <summary>A connection that has shaken hands.</summary>
    internal RawClient ConnectRaw()
    {
        var client = new RawClient(EndPoint);
        client.ShakeHands();
        return client;
    }

    internal void DisposePool() => _pool.Dispose();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _pool.Dispose();
        Engine.Dispose();
    }
}
