using Kvs.Bench.Options;
using Kvs.CommandLine;

namespace Kvs.Bench.Soak;

/// <summary>What <c>kvs-bench soak</c> was asked to do.</summary>
internal sealed record SoakSettings
{
    internal required TimeSpan Duration { get; init; }

    internal required int Threads { get; init; }

    internal required DurabilityChoice Durability { get; init; }

    /// <summary>The program of the server that is looked at; null for a store in this process.</summary>
    internal required string? Server { get; init; }

    /// <summary>An empty folder; null for a temporary one.</summary>
    internal required string? Folder { get; init; }

    /// <exception cref="ProgramException">The options do not go together.</exception>
    internal void Check()
    {
        if (Server is not null && !File.Exists(Server))
        {
            throw new ProgramException($"There is no program {Server}. ./start builds artifacts/kvs/kvs-server.");
        }
    }
}
