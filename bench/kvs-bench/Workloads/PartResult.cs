using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>What one part brought.</summary>
internal sealed record PartResult
{
    /// <summary>Keys got and set.</summary>
    internal required long Operations { get; init; }

    /// <summary>Bytes of values got and set.</summary>
    internal required long ValueBytes { get; init; }

    /// <summary>Operations that were to begin before the end, at a given rate, and could not.</summary>
    internal required long NotBegun { get; init; }

    /// <summary>Operations that failed, or brought nothing or something wrong.</summary>
    internal required long Errors { get; init; }

    /// <summary>The first of them, in words.</summary>
    internal required string? FirstError { get; init; }

    /// <summary>From letting all threads go to the end of the last one.</summary>
    internal required double Seconds { get; init; }

    /// <summary>Operations by when.</summary>
    internal required Timeline Timeline { get; init; }

    /// <summary>Latencies of all calls; of those that get only; of those that set only.</summary>
    internal required LatencyUs? Latency { get; init; }

    /// <inheritdoc cref="Latency"/>
    internal required LatencyUs? GetLatency { get; init; }

    /// <inheritdoc cref="Latency"/>
    internal required LatencyUs? SetLatency { get; init; }

    /// <summary>Processor time of this process; where the store is in it, the store's own threads included.</summary>
    internal required long CpuNs { get; init; }

    /// <summary>Managed memory that this process allocated.</summary>
    internal required long AllocatedBytes { get; init; }
}
