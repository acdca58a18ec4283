using System.Net;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>What a run of <c>kvs-bench server</c> measures.</summary>
internal sealed record ServerSettings
{
    /// <summary>What a connection remembers of its requests, in operations; a bound on memory.</summary>
    private const long MaxOperationsInFlight = 1 << 24;

    /// <summary>What is done.</summary>
    internal required LoadSettings Load { get; init; }

    /// <summary>Names of the servers.</summary>
    internal required IReadOnlyList<string> Servers { get; init; }

    /// <summary>The protocol that kvs is talked to in; its first when null. Others have one.</summary>
    internal required string? Protocol { get; init; }

    /// <summary>Servers that are there and share the keys; empty where they are to be started.</summary>
    internal required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>How many servers of each kind are started, to share the keys.</summary>
    internal required int Shards { get; init; }

    /// <summary>Everything is measured with each of these numbers of connections.</summary>
    internal required IReadOnlyList<int> Clients { get; init; }

    /// <summary>Everything is measured with each of these numbers of requests on each connection.</summary>
    internal required IReadOnlyList<int> InFlight { get; init; }

    /// <summary>Everything is measured with each of these numbers of connections that say nothing.</summary>
    internal required IReadOnlyList<int> Idle { get; init; }

    /// <summary>Threads that make the load.</summary>
    internal required int ClientThreads { get; init; }

    /// <summary>What makes the load; everything is measured with each.</summary>
    internal required IReadOnlyList<string> Tools { get; init; }

    /// <summary>The engine of kvs-server.</summary>
    internal required string Engine { get; init; }

    /// <summary>kvs-server is measured with each of these pools; with its default where there is none.</summary>
    internal required IReadOnlyList<string> Pools { get; init; }

    /// <summary>The same for the threads of its pool.</summary>
    internal required IReadOnlyList<int> Threads { get; init; }

    /// <summary>The same for the partitions of its index.</summary>
    internal required IReadOnlyList<int> Partitions { get; init; }

    /// <summary>A folder of <c>make-data</c> that is served as it is; null where the keys are to be set first.
    /// </summary>
    internal required string? DataFolder { get; init; }

    /// <summary>Where servers have their files; a temporary folder when null.</summary>
    internal required string? Folder { get; init; }

    /// <summary>The program kvs-server; it is looked for when null.</summary>
    internal required string? ServerPath { get; init; }

    /// <summary>Whether servers are started.</summary>
    internal bool Spawns => Addresses.Count == 0;

    /// <summary>The protocol that a server is talked to in.</summary>
    internal string ProtocolOf(ServerKind kind) =>
        kind.Name == ServerKind.Kvs && Protocol is not null ? Protocol : kind.Protocols[0];

    /// <summary>The program of a server that is started.</summary>
    /// <exception cref="ProgramException">It is not there.</exception>
    internal string PathOf(ServerKind kind) =>
        ServerPrograms.Require(kind, kind.Name == ServerKind.Kvs ? ServerPath : null);

    /// <summary>Throws where the options do not go together, or a program is not there.</summary>
    /// <exception cref="ProgramException">They do not; the message says why.</exception>
    internal void Check()
    {
        if (Spawns)
        {
            foreach (ServerKind kind in Servers.Select(ServerKind.Of))
            {
                PathOf(kind);
            }
        }

        if (!Spawns && Servers.Count > 1)
        {
            throw new ProgramException("--addr is about one kind of server: give one --server, or --spawn.");
        }

        int servers = Spawns ? Shards : Addresses.Count;
        if (Clients.Min() < servers)
        {
            throw new ProgramException($"{servers} servers need {servers} --clients at least.");
        }

        if (Tools.Any(tool => tool != LoadTool.Own))
        {
            CheckTool(servers);
        }

        if ((long)InFlight.Max() * Load.Batches.Max() > MaxOperationsInFlight)
        {
            throw new ProgramException($"--in-flight times --batch must not be more than {MaxOperationsInFlight}.");
        }

        if (DataFolder is not null && (!Spawns || servers > 1 || Load.Mixes.Any(mix => mix.HasSets())))
        {
            throw new ProgramException(
                "--data is served as it is, by one server: give --spawn, --mix get, and no --shards.");
        }
    }

    private void CheckTool(int servers)
    {
        if (Load.Mixes.Any(mix => mix is not (Mix.Get or Mix.Set)) || Load.Batches.Max() > 1 || Load.Rate is not null ||
            Load.ValueBytes.Min < Load.ValueBytes.Max || servers > 1)
        {
            throw new ProgramException("redis-benchmark gets or sets one key at a time, with values of one length, " +
                                       "on one server: give --mix get,set, and no --batch, --rate or --shards.");
        }

        if (Servers.Select(ServerKind.Of).FirstOrDefault(kind => ProtocolOf(kind) != ServerKind.Resp) is { } other)
        {
            throw new ProgramException(
                $"redis-benchmark speaks resp, and {other.Name} would be talked to in {ProtocolOf(other)}.");
        }
    }
}
