using Kvs.Bench.Measures;

namespace Kvs.Bench.Reports;

/// <summary>What all rounds of one mix on one case have brought, as its JSON has it; what is not known is null and left
/// out.</summary>
internal sealed record BenchResult
{
    /// <summary>The mix.</summary>
    public required string Workload { get; init; }

    public required BenchSettings Settings { get; init; }

    /// <summary>True where the run was interrupted: then there are fewer rounds than there were to be, and the last one
    /// may be shorter.</summary>
    public bool? Interrupted { get; init; }

    public required long Operations { get; init; }

    public required long Errors { get; init; }

    public string? FirstError { get; init; }

    /// <summary>Operations that were to begin, at a given rate, and could not.</summary>
    public long? OperationsNotBegun { get; init; }

    public required double Seconds { get; init; }

    public required double OpsPerSecond { get; init; }

    public required double[] OpsPerSecondByRound { get; init; }

    /// <summary>For each server that shares the keys, the median of its rates over time.</summary>
    public double[]? OpsPerSecondByServer { get; init; }

    /// <summary>Megabytes (10^6) of values got and set.</summary>
    public double? ValueMbPerSecond { get; init; }

    public LatencyUs? LatencyUs { get; init; }

    public LatencyUs? GetLatencyUs { get; init; }

    public LatencyUs? SetLatencyUs { get; init; }

    /// <summary>Processor time of the process that has the store; where that is this one, also of those who use it.
    /// </summary>
    public double? CpuNsPerOp { get; init; }

    /// <summary>Processor time of this process, where the store is in another.</summary>
    public double? ClientCpuNsPerOp { get; init; }

    public double? AllocatedBytesPerOp { get; init; }

    public double? ClientAllocatedBytesPerOp { get; init; }

    public long? ResidentBytes { get; init; }

    public long? ResidentAnonymousBytes { get; init; }

    public long? DiskBytes { get; init; }

    public long? IndexBytes { get; init; }

    /// <summary>Operations a second by time, each round for itself.</summary>
    public double[][]? OpsPerSecondOverTime { get; init; }

    /// <summary>How far its points are apart.</summary>
    public double? OverTimeIntervalMs { get; init; }
}
