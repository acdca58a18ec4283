using Kvs.Bench.Drivers;
using Kvs.Bench.Reports;

namespace Kvs.Bench.Runs;

/// <summary>A store in this process.</summary>
internal sealed record StoreCase : BenchCase
{
    internal required EngineKind Engine { get; init; }

    /// <summary>Partitions of its index; null where it has none.</summary>
    internal required int? Partitions { get; init; }

    internal required int Threads { get; init; }

    /// <summary>Whether the sets of one call are made as one.</summary>
    internal required bool IsAtomic { get; init; }

    /// <summary>What a reader has to know about how the engine is opened.</summary>
    internal required string EngineNotes { get; init; }

    /// <inheritdoc/>
    internal override int Parallel => Threads;

    /// <inheritdoc/>
    internal override string Name => string.Concat(Engine.Name, ", ", Count(Threads, "thread"),
        Partitions is { } partitions ? ", " + Count(partitions, "partition") : "");

    /// <inheritdoc/>
    internal override BenchSettings Complete(BenchSettings common) => common with
    {
        Engine = Engine.Name,
        EngineNotes = EngineNotes,
        Threads = Threads,
        Batch = Batch,
        Atomic = IsAtomic,
        Partitions = Partitions,
    };

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
