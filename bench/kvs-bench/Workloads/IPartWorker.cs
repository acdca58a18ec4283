using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>One thread's share of a part.</summary>
/// <remarks>Made, run and disposed by one thread. <see cref="OperationsAt"/> may be called by another meanwhile, the
/// rest when it has ended.</remarks>
internal interface IPartWorker : IDisposable
{
    /// <summary>Latencies of calls that get.</summary>
    LatencyHistogram Gets { get; }

    /// <summary>Latencies of calls that set.</summary>
    LatencyHistogram Sets { get; }

    /// <summary>Latencies of calls that do both.</summary>
    LatencyHistogram Both { get; }

    /// <summary>Bytes of values got and set.</summary>
    long ValueBytes { get; }

    /// <summary>Operations that were to begin before the end and could not.</summary>
    long NotBegun { get; }

    /// <summary>Operations that failed, or brought something wrong.</summary>
    long Errors { get; }

    /// <summary>The first of them, in words.</summary>
    string? FirstError { get; }

    /// <summary>Keys got and set at one of the servers; a store in this process is server 0.</summary>
    long OperationsAt(int server);

    /// <summary>Works until the time is over, or there is nothing left to do.</summary>
    void Run(RunClock clock);
}
