using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Servers;

namespace Kvs.Bench.Runs;

/// <summary>A server, or several that share the keys, and how it is talked to.</summary>
internal sealed record ServerCase : BenchCase
{
    internal required ServerSetup Setup { get; init; }

    /// <summary>What a reader has to know about how the server was started.</summary>
    internal required string Notes { get; init; }

    internal required string Protocol { get; init; }

    /// <summary>How many servers share the keys.</summary>
    internal required int Servers { get; init; }

    internal required int Clients { get; init; }

    internal required int InFlight { get; init; }

    internal required int ClientThreads { get; init; }

    /// <summary>Connections besides, which say nothing.</summary>
    internal required int Idle { get; init; }

    /// <summary>What makes the load.</summary>
    internal required string Tool { get; init; }

    /// <summary>What an acknowledged set has reached.</summary>
    internal required string DurabilityLabel { get; init; }

    /// <inheritdoc/>
    internal override int Parallel => Clients * InFlight;

    /// <inheritdoc/>
    internal override string Name => $"{Setup.Name}, {Protocol}, {Clients} clients, {InFlight} in flight, " +
        $"{Tool}{(Idle == 0 ? "" : $", {Idle} idle")}";

    /// <inheritdoc/>
    internal override BenchSettings Complete(BenchSettings common) => common with
    {
        Engine = Setup.Kind.Name,
        EngineNotes = Notes,
        Batch = Batch,
        LatencySampleEvery = 1,
        Durability = DurabilityLabel,
        Partitions = Setup.Partitions,
        Protocol = Protocol,
        Clients = Clients,
        InFlight = InFlight,
        ClientThreads = Tool == LoadTool.Own ? ClientThreads : null,
        Tool = Tool == LoadTool.Own ? null : Tool,
        Idle = Idle == 0 ? null : Idle,
        Servers = Servers,
        Pool = Setup.Pool,
        ServerThreads = Setup.Threads,
    };
}
