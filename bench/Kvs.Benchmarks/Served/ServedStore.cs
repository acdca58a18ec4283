using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Kvs.Client;
using Kvs.Server;
using Kvs.Threading;

namespace Kvs.Benchmarks.Served;

/// <summary>
/// Reads and writes through a real server in this process: a thousand clients, each on a thread and a connection of its
/// own, make one request each, on a key of their own. What is measured is the time from the word to start to the signal
/// of the last one.
/// </summary>
/// <param name="engine">What keeps the data, at the durability that stores have unless told otherwise.</param>
/// <param name="pool">What serves the requests.</param>
public abstract class ServedStore(string engine, string pool)
{
    private const int Clients = 1000;

    private static readonly byte[][] s_keys = [.. Enumerable.Range(0, Clients).Select(i => Bytes($"key-{i:0000}"))];
    private static readonly byte[][] s_values = [.. Enumerable.Range(0, Clients).Select(i => Bytes($"value-{i:0000}"))];

    private string _folder = "";
    private IKvsEngine? _engine;
    private IThreadPool? _pool;
    private KvsServer? _server;
    private ClientCrowd? _crowd;

    /// <summary>1, 2, 4, then every even number up to twice the processors.</summary>
    public static IEnumerable<int> ThreadNumbers =>
        [1, 2, 4, .. Enumerable.Range(3, Math.Max(0, Environment.ProcessorCount - 2)).Select(half => 2 * half)];

    /// <summary>Threads of the pool.</summary>
    [ParamsSource(nameof(ThreadNumbers))]
    public int Threads { get; set; }

    /// <summary>Starts the server and the clients, and lets every key be there.</summary>
    [GlobalSetup]
    public async Task Setup()
    {
        _folder = Directory.CreateTempSubdirectory("kvs-benchmarks-").FullName;
        _engine = KvsEngines.Open(engine, Path.Combine(_folder, "store"), new KvStoreOptions());
        _pool = ThreadPools.Create(pool, Threads);
        var options = new KvsServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] };
        _server = await KvsServer.StartAsync(options, _engine, _pool);
        _crowd = new ClientCrowd(_server.EndPoint, Clients);
        Write();
    }

    /// <summary>Ends everything.</summary>
    [GlobalCleanup]
    public async Task Cleanup()
    {
        _crowd?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _pool?.Dispose();
        _engine?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Each client sets its key.</summary>
    [Benchmark]
    public void Write() => _crowd!.Run(Set);

    /// <summary>Each client gets its key, and has the value checked.</summary>
    [Benchmark]
    public void Read() => _crowd!.Run(Get);

    // What the server does not acknowledge is an exception.
    private static void Set(KvsClient client, int number) => client.Set(s_keys[number], s_values[number]);

    private static void Get(KvsClient client, int number)
    {
        if (!client.TryGet(s_keys[number], out byte[]? value) || !value.AsSpan().SequenceEqual(s_values[number]))
        {
            throw new InvalidOperationException($"Key {number} is missing or has another value.");
        }
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}

