using BenchmarkDotNet.Attributes;
using Kvs.Threading;

namespace Kvs.Benchmarks.Parts;

/// <summary>What a pool costs where jobs do next to nothing. Times are for one job.</summary>
public class PoolBenchmarks
{
    private const int Jobs = 1000;

    private readonly AutoResetEvent _done = new(false);
    private IThreadPool? _pool;
    private Action? _job;
    private int _left;

    /// <summary>The names of all pools.</summary>
    public static IEnumerable<string> Names => ThreadPools.Names;

    /// <summary>The pool's name.</summary>
    [ParamsSource(nameof(Names))]
    public string Pool { get; set; } = "";

    /// <summary>Starts the pool, with a thread for each processor where it has threads.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pool = ThreadPools.Create(Pool, Environment.ProcessorCount);
        _job = () =>
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.Set();
            }
        };
    }

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public void Cleanup() => _pool?.Dispose();

    /// <summary>Spawns jobs and waits for the last.</summary>
    [Benchmark(OperationsPerInvoke = Jobs)]
    public void Spawn()
    {
        _left = Jobs;
        for (int i = 0; i < Jobs; i++)
        {
            _pool!.Spawn(_job!);
        }

        _done.WaitOne();
    }
}
