using Kvs.Bench.Drivers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>What a run of <c>kvs-bench embedded</c> measures.</summary>
internal sealed record EmbeddedSettings
{
    /// <summary>What is done.</summary>
    internal required LoadSettings Load { get; init; }

    internal required IReadOnlyList<string> Engines { get; init; }

    /// <summary>Everything is measured with each of these numbers of threads.</summary>
    internal required IReadOnlyList<int> Threads { get; init; }

    /// <summary>Whether the sets of one call are made as one.</summary>
    internal required bool IsAtomic { get; init; }

    /// <summary>Everything is measured with each of these numbers of partitions, on engines that have them.</summary>
    internal required IReadOnlyList<int> Partitions { get; init; }

    /// <summary>Where the stores are made; a temporary folder when null.</summary>
    internal required string? Folder { get; init; }

    /// <summary>Throws where the options do not go together.</summary>
    /// <exception cref="ProgramException">They do not; the message says why.</exception>
    internal void Check()
    {
        if (IsAtomic && Load.Batches.Min() == 1)
        {
            throw new ProgramException("--atomic is about batches: give a --batch of 2 or more.");
        }

        foreach (EngineKind engine in Engines.Select(EngineKind.Of))
        {
            CheckEngine(engine);
        }
    }

    private void CheckEngine(EngineKind engine)
    {
        if (!engine.HasGets && Load.Mixes.Any(mix => mix.HasGets()))
        {
            throw new ProgramException($"Nothing can be got from the engine '{engine.Name}': give --mix set.");
        }

        if (!engine.RemembersSets && Load.Mixes.Contains(Mix.Partitions))
        {
            throw new ProgramException($"The engine '{engine.Name}' cannot run the mix partitions.");
        }

        if (engine.ReadsOnlyBinaryKeys && Load.KeyFormat != KeyFormat.Binary)
        {
            throw new ProgramException($"The engine '{engine.Name}' knows binary keys only: leave --key-format out.");
        }

        if (Threads.Max() > engine.MaxThreads)
        {
            throw new ProgramException(
                $"The engine '{engine.Name}' takes one thread: give --threads {engine.MaxThreads}.");
        }
    }
}
