using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers;

/// <summary>How a store is opened to be measured.</summary>
internal sealed record DriverSettings
{
    internal required Durability Durability { get; init; }

    internal required TimeSpan SyncInterval { get; init; }

    /// <summary>Partitions of the index, where an engine has them.</summary>
    internal required int Partitions { get; init; }

    /// <summary>Whether the sets of one call are made as one.</summary>
    internal required bool IsAtomic { get; init; }

    internal required ValuePattern ValuePattern { get; init; }

    /// <summary>The length of the longest key.</summary>
    internal required int MaxKeyBytes { get; init; }

    /// <summary>The bytes of all keys and values together, each once.</summary>
    internal required long DataBytes { get; init; }

    /// <summary>The bytes of keys and values that a call sets at most.</summary>
    internal required int CallBytes { get; init; }

    /// <summary>Threads that use the store at once, at most.</summary>
    internal required int Threads { get; init; }
}
