using System.Text.Json.Serialization;

namespace Kvs.Bench.Reports;

/// <summary>Everything that a result depends on, as its JSON has it; what does not apply is null and left out.
/// </summary>
internal sealed record BenchSettings
{
    /// <summary>The run that it belongs to, where several are laid side by side.</summary>
    [JsonIgnore]
    public string? Run { get; init; }

    /// <summary>The workload that was named, if any.</summary>
    public string? Preset { get; init; }

    /// <summary>The engine in this process, or the server.</summary>
    public string Engine { get; init; } = "";

    public string EngineNotes { get; init; } = "";

    public int Keys { get; init; }

    public string? KeyFormat { get; init; }

    /// <summary>The length of binary keys.</summary>
    public int KeyBytes { get; init; }

    /// <summary>The length of each value, or of the longest.</summary>
    public int ValueBytes { get; init; }

    /// <summary>The length of the shortest value, where they differ.</summary>
    public int? MinValueBytes { get; init; }

    public string Distribution { get; init; } = "";

    /// <summary>Threads that use a store in this process.</summary>
    public int? Threads { get; init; }

    public int Batch { get; init; }

    public bool? Atomic { get; init; }

    /// <summary>What a latency is of: an operation, or a batch of them.</summary>
    public string LatencyOf { get; init; } = "";

    public int LatencySampleEvery { get; init; } = 1;

    /// <summary>Operations that were to begin each second; null where each began when one before it had ended.
    /// </summary>
    public double? Rate { get; init; }

    /// <summary>What a set has reached when it is acknowledged; "none" where it is lost with the process.</summary>
    public string Durability { get; init; } = "";

    public double? SyncIntervalMs { get; init; }

    public int? Partitions { get; init; }

    public string? Protocol { get; init; }

    /// <summary>What made the load, where it was another program.</summary>
    public string? Tool { get; init; }

    /// <summary>Connections of all servers together.</summary>
    public int? Clients { get; init; }

    /// <summary>Requests that are unanswered on a connection, at most.</summary>
    public int? InFlight { get; init; }

    /// <summary>Connections besides, which say nothing.</summary>
    public int? Idle { get; init; }

    /// <summary>Threads that make the load.</summary>
    public int? ClientThreads { get; init; }

    /// <summary>Servers that share the keys.</summary>
    public int? Servers { get; init; }

    public string? Pool { get; init; }

    public int? ServerThreads { get; init; }

    public double Seconds { get; init; }

    public int Rounds { get; init; }

    public string KvsVersion { get; init; } = "";

    public string Runtime { get; init; } = "";

    public string OperatingSystem { get; init; } = "";

    public int Processors { get; init; }

    public string? Processor { get; init; }

    public long? MemoryBytes { get; init; }

    public string? Disk { get; init; }

    public DateTimeOffset? MeasuredAt { get; init; }
}
