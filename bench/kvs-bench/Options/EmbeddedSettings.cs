using Kvs.Bench.Drivers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>What a run of <c>kvs-bench embedded</c> measures.</summary>
internal sealed record EmbeddedSettings
{
    internal required IReadOnlyList<string> Engines { get; init; }

    internal required int Keys { get; init; }

    internal required int KeyBytes { get; init; }

    internal required int ValueBytes { get; init; }

    /// <summary>Everything is measured with each of these numbers of threads.</summary>
    internal required IReadOnlyList<int> Threads { get; init; }

    /// <summary>Keys in each call of the store.</summary>
    internal required int Batch { get; init; }

    /// <summary>Whether the sets of one call are made as one.</summary>
    internal required bool IsAtomic { get; init; }

    /// <summary>Measured one after the other on the same store.</summary>
    internal required IReadOnlyList<Mix> Mixes { get; init; }

    internal required Distribution Distribution { get; init; }

    internal required DurabilityChoice Durability { get; init; }

    /// <summary>Everything is measured with each of these numbers of partitions, on engines that have them.</summary>
    internal required IReadOnlyList<int> Partitions { get; init; }

    /// <summary>How long each part takes.</summary>
    internal required double Seconds { get; init; }

    internal required int Rounds { get; init; }

    /// <summary>Where the stores are made; a temporary folder when null.</summary>
    internal required string? Folder { get; init; }

    /// <summary>The file that the results go to as JSON; none when null.</summary>
    internal required string? JsonFile { get; init; }

    /// <summary>Throws where the options do not go together.</summary>
    /// <exception cref="ProgramException">They do not; the message says why.</exception>
    internal void Check()
    {
        if (Mixes.Skip(1).Contains(Mix.Load))
        {
            throw new ProgramException("load sets new keys, so it can only be the first of --mix.");
        }

        if (Batch > 1 && Mixes.Contains(Mix.Partitions))
        {
            throw new ProgramException("The mix partitions sets and gets one key at a time: leave --batch out.");
        }

        if (IsAtomic && Batch == 1)
        {
            throw new ProgramException("--atomic is about batches: give a --batch of 2 or more.");
        }

        long callBytes = (long)Batch * (KeyBytes + ValueBytes);
        if (callBytes > Limits.MaxBatchBytes / 2 && Batch > 1)
        {
            throw new ProgramException($"A batch of {callBytes} bytes is too large: the most is " +
                                       $"{Limits.MaxBatchBytes / 2}. Give a lower --batch or less --value-bytes.");
        }

        foreach (EngineKind engine in Engines.Select(EngineKind.Of))
        {
            CheckEngine(engine);
        }
    }

    private void CheckEngine(EngineKind engine)
    {
        if (!engine.HasGets && Mixes.Any(mix => mix.HasGets()))
        {
            throw new ProgramException($"Nothing can be got from the engine '{engine.Name}': give --mix set.");
        }

        if (!engine.RemembersSets && Mixes.Contains(Mix.Partitions))
        {
            throw new ProgramException($"The engine '{engine.Name}' cannot run the mix partitions.");
        }

        if (Threads.Max() > engine.MaxThreads)
        {
            throw new ProgramException(
                $"The engine '{engine.Name}' takes one thread: give --threads {engine.MaxThreads}.");
        }
    }
}
