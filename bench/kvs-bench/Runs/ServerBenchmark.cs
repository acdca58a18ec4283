using Kvs.Bench.Network;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Runs;

/// <summary>
/// Measures servers over the network. Each is started once and stays until the end: a server that has just been started
/// is not yet at its speed. A mix that makes new keys makes them behind those of all rounds before.
/// </summary>
internal sealed class ServerBenchmark(
    ServerSettings settings, string folder, RunClock clock, ProgressLine progress)
    : Benchmark(settings.Load, clock, progress), IDisposable
{
    /// <summary>How far the keys of two rounds are apart, where rounds have keys of their own.</summary>
    private const long NumbersPerRound = 1L << 32;

    private const int FillClientsPerServer = 2;

    /// <summary>Bytes of requests that are unanswered on each connection while the keys are set.</summary>
    private const int FillBytesInFlight = 64 * 1024;

    private readonly RunClock _clock = clock;
    private readonly Lazy<RedisBenchmarkRun> _tool = new(() => new RedisBenchmarkRun(settings.Load, clock));
    private readonly Dictionary<ServerSetup, ServerGroup> _groups = [];

    /// <summary>Runs.</summary>
    /// <param name="output">Told at once how the servers are started.</param>
    internal void Run(TextWriter output)
    {
        ServerKind[] kinds = [.. settings.Servers.Select(ServerKind.Of)];
        Dictionary<ServerKind, string> notes = [];
        foreach (ServerKind kind in kinds)
        {
            notes[kind] = Describe(kind);
            output.WriteLine($"{kind.Name}: {notes[kind]}");
        }

        Run(
        [
            .. from clients in settings.Clients
               from inFlight in settings.InFlight
               from idle in settings.Idle
               from batch in Load.Batches
               select (BenchCase[])
               [
                   .. from setup in kinds.SelectMany(SetupsOf)
                      from tool in settings.Tools
                      select CaseOf(setup, notes[setup.Kind], tool, clients, inFlight, idle, batch),
               ],
        ]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ServerGroup group in _groups.Values)
        {
            group.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void RunCase(BenchCase subject, int round)
    {
        var one = (ServerCase)subject;
        ServerGroup group = GroupOf(one, round);
        if (Load.Mixes.Any(mix => mix.MakesKeys()))
        {
            group.FirstNumber += NumbersPerRound;
            group.IsFilled = false;
        }

        if (!group.IsFilled && Load.Mixes[0] != Mix.Load && Load.Mixes.Any(mix => mix.NeedsKeys()))
        {
            Show(one, "filling", round);
            Fill(one, group);
        }

        group.IsFilled = true;
        using IdleConnections idle = Connect(one, group);
        foreach (Mix mix in Load.Mixes)
        {
            Show(one, mix.Name(), round);
            long cpuNs = group.CpuNs;
            PartSettings part = PartFor(one, mix, one.ClientThreads, round) with { FirstNumber = group.FirstNumber };
            PartResult result = one.Tool == LoadTool.Own
                ? RunPart(part, TargetOf(one, group))
                : _tool.Value.Run(one, group.Addresses[0], mix);
            Take(SeriesOf(one, mix), round, result, () => FiguresOf(group, cpuNs));
            group.Settle();
        }
    }

    private static StoreFigures FiguresOf(ServerGroup group, long cpuNs) => !group.IsOwn
        ? new StoreFigures()
        : new StoreFigures
        {
            ServerCpuNs = group.CpuNs - cpuNs,
            ResidentBytes = group.ResidentBytes,
            ResidentAnonymousBytes = group.ResidentAnonymousBytes,
            DiskBytes = group.DiskBytes,
        };

    private static LoadTarget TargetOf(ServerCase one, ServerGroup group) => new(group.Addresses,
        part => ServerKind.CreateProtocol(one.Protocol, part), one.Clients, one.InFlight);

    private IEnumerable<ServerSetup> SetupsOf(ServerKind kind) => !kind.HasPools || !settings.Spawns
        ? [new ServerSetup(kind, null, null, null)]
        : from pool in OrDefault(settings.Pools.Select(pool => (string?)pool))
          from threads in OrDefault(settings.Threads.Select(threads => (int?)threads))
          from partitions in OrDefault(settings.Partitions.Select(partitions => (int?)partitions))
          select new ServerSetup(kind, pool, threads, partitions);

    private ServerCase CaseOf(
        ServerSetup setup, string notes, string tool, int clients, int inFlight, int idle, int batch) => new()
    {
        Setup = setup,
        Notes = notes,
        Tool = tool,
        Protocol = settings.ProtocolOf(setup.Kind),
        Servers = settings.Spawns ? settings.Shards : settings.Addresses.Count,
        DurabilityLabel = settings.Spawns
            ? setup.Kind.DescribeDurability(Load.Durability.Level)
            : "as it was started",
        Clients = clients,
        InFlight = inFlight,
        ClientThreads = Math.Min(clients, settings.ClientThreads),
        Idle = idle,
        Batch = batch,
    };

    private static IEnumerable<T?> OrDefault<T>(IEnumerable<T?> values) => values.DefaultIfEmpty();

    private string Describe(ServerKind kind)
    {
        if (!settings.Spawns)
        {
            return $"at {string.Join(", ", settings.Addresses)}, as it was started";
        }

        string path = settings.PathOf(kind);
        string engine = kind.HasPools && settings.Engine != KvsEngines.Names[0] ? $"engine {settings.Engine}; " : "";
        return $"{ServerPrograms.ReadVersion(kind, path)} ({ServerPrograms.Shorten(path)}); {engine}{kind.Notes}";
    }

    private ServerGroup GroupOf(ServerCase one, int round)
    {
        if (_groups.TryGetValue(one.Setup, out ServerGroup? group))
        {
            return group;
        }

        Show(one, "starting", round);
        int number = _groups.Count;
        return _groups[one.Setup] = settings.Spawns
            ? ServerGroup.Start(Enumerable.Range(0, settings.Shards).Select(shard =>
                (Func<ServerProcess>)(() => Start(one.Setup, Path.Combine(folder, $"server-{number}-{shard}")))))
            : ServerGroup.At(settings.Addresses);
    }

    private ServerProcess Start(ServerSetup setup, string serverFolder) => ServerProcess.Start(setup.Kind,
        new ServerStart
        {
            Path = settings.PathOf(setup.Kind),
            Folder = settings.DataFolder is { } data ? DataFolder.StoreOf(data) : serverFolder,
            Port = 0,
            Durability = Load.Durability,
            Engine = settings.Engine,
            Pool = setup.Pool,
            Threads = setup.Threads,
            Partitions = setup.Partitions,
            DataBytes = Load.DataBytes,
            Clients = settings.Clients.Max() + settings.Idle.Max(),
        });

    private void Fill(ServerCase one, ServerGroup group)
    {
        if (settings.DataFolder is not null)
        {
            return;
        }

        int clients = FillClientsPerServer * group.Addresses.Count;
        PartSettings part = PartFor(one, Mix.Load, Math.Min(clients, settings.ClientThreads), round: 0) with
        {
            FirstNumber = group.FirstNumber,
            Batch = 1,
        };
        int inFlight = 1 + (int)(FillBytesInFlight / (KeyPattern.MaxBytes + Load.ValueBytes.Mean));
        PartResult result = RunPart(part, TargetOf(one, group) with { Clients = clients, InFlight = inFlight });
        SeriesOf(one, Load.Mixes[0]).AddErrors(result);
        ThrowIfInterrupted();
        if (settings.Tools.Contains(LoadTool.RedisBenchmark))
        {
            _tool.Value.Fill(group.Addresses[0]);
        }

        group.Settle();
    }

    private IdleConnections Connect(ServerCase one, ServerGroup group)
    {
        PartSettings part = PartFor(one, Load.Mixes[0], threads: 1, round: 0);
        var idle = new IdleConnections(TargetOf(one, group), part, one.Idle);
        if (one.Idle > 0)
        {
            group.Settle();
        }

        return idle;
    }

    private PartResult RunPart(PartSettings part, LoadTarget target) => new PartRun(part, target.Addresses.Count,
        thread => new LoadThread(part, thread, target), _clock).Run();
}
