using Kvs.Bench.Measures;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Network;

/// <summary>What the connections of one thread have done so far.</summary>
/// <remarks>Changed by that thread; <see cref="OperationsAt"/> may be called by another meanwhile.</remarks>
internal sealed class LoadTally(ValuePattern values, int servers)
{
    private readonly long[] _operations = new long[servers];
    private CheckedValues _checked = new(values, []);

    /// <summary>Latencies of requests that get, that set, that do both.</summary>
    internal LatencyHistogram Gets { get; } = new();

    /// <inheritdoc cref="Gets"/>
    internal LatencyHistogram Sets { get; } = new();

    /// <inheritdoc cref="Gets"/>
    internal LatencyHistogram Both { get; } = new();

    /// <summary>Requests that were begun and not yet answered.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Bytes of values got and set.</summary>
    internal long ValueBytes { get; set; }

    /// <summary>What was wrong with the answers.</summary>
    internal ref CheckedValues Checked => ref _checked;

    /// <summary>Counts operations of a server.</summary>
    internal void Count(int server, int operations) =>
        Volatile.Write(ref _operations[server], _operations[server] + operations);

    /// <summary>Operations of a server.</summary>
    internal long OperationsAt(int server) => Volatile.Read(ref _operations[server]);
}
