using Kvs.Bench.Options;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>What <c>kvs-bench torture</c> was asked to do.</summary>
internal sealed record TortureSettings
{
    internal required int Kills { get; init; }

    internal required int Threads { get; init; }

    internal required int Seed { get; init; }

    internal required DurabilityChoice Durability { get; init; }

    /// <summary>The program of the server that is killed; null for a store in a process of its own.</summary>
    internal required string? Server { get; init; }

    /// <summary>Whether every other kill drops what was not synced, as a power cut does.</summary>
    internal required bool CutsPower { get; init; }

    /// <summary>An empty folder; null for a temporary one.</summary>
    internal required string? Folder { get; init; }

    internal required string? JsonFile { get; init; }

    /// <exception cref="ProgramException">The options do not go together.</exception>
    internal void Check()
    {
        if (CutsPower && Server is not null)
        {
            throw new ProgramException("--power-cut goes with a store, not with --server.");
        }

        if (Server is not null && !File.Exists(Server))
        {
            throw new ProgramException($"There is no program {Server}. ./start builds artifacts/kvs/kvs-server.");
        }
    }
}
