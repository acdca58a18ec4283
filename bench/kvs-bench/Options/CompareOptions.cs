using System.CommandLine;
using Kvs.Bench.Drivers;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>The options of <c>kvs-bench compare</c>: their names, defaults and checks.</summary>
internal sealed class CompareOptions
{
    private const int MaxThreads = 1024;
    private const int MaxClients = 16_384;
    private const int MaxInFlight = 100_000;

    private static readonly string[] s_servers =
        [.. ServerKind.All.Select(kind => kind.Name).Where(name => name != ServerKind.Kvs)];

    private static readonly string[] s_engines =
        [.. EngineKind.All.Where(engine => engine.RequireLibrary is not null).Select(engine => engine.Name)];

    private readonly Option<ListOf<string>> _peers = OptionMaker.List<string>("--peers", "NAME[,NAME...]",
        $"Servers ({string.Join(", ", s_servers)}) and stores in this process ({string.Join(", ", s_engines)}); " +
        "those that are not installed are left out. By default all", [.. s_servers, .. s_engines], TryParsePeer,
        $"there are {string.Join(", ", s_servers.Concat(s_engines))}");

    private readonly LoadOptions _load = new([Mix.Get, Mix.Set], "Operations in each call, or request");

    private readonly Option<ListOf<int>> _threads = OptionMaker.Numbers("--threads",
        "How many threads use a store in this process", [1], 1, MaxThreads);

    private readonly Option<ListOf<int>> _clients = OptionMaker.Numbers("--clients",
        "How many connections a server has", [50], 1, MaxClients);

    private readonly Option<ListOf<int>> _inFlight = OptionMaker.Numbers("--in-flight",
        "How many requests may be unanswered on each connection", [1, 16], 1, MaxInFlight);

    private readonly Option<ListOf<string>> _tools = ServerOptions.CreateToolOption();
    private readonly Option<string?> _protocol = ServerOptions.CreateProtocolOption(ServerKind.Resp);
    private readonly Option<string?> _path = ServerOptions.CreatePathOption();

    private readonly Option<string?> _folder = new("--dir")
    {
        Description = "An empty folder for all data; by default a temporary one, removed afterwards",
        HelpName = "DIR",
    };

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_peers);
        _load.AddTo(command);
        foreach (Option option in (Option[])[_threads, _clients, _inFlight, _tools, _protocol, _path, _folder])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given, as far as it is there.</summary>
    /// <exception cref="ProgramException">The options do not go together, or no peer is there.</exception>
    internal CompareSettings Read(ParseResult parsed)
    {
        LoadSettings load = _load.Read(parsed);
        string[] peers = [.. parsed.GetRequiredValue(_peers).Items];
        List<string> missing = [];
        string[] servers = [.. peers.Where(s_servers.Contains).Where(name => IsServerThere(name, missing))];
        string[] engines = [.. peers.Where(s_engines.Contains).Where(name => IsEngineThere(name, missing))];
        if (servers.Length + engines.Length == 0)
        {
            throw new ProgramException($"No peer is there. {string.Join(" ", missing)}");
        }

        return new CompareSettings(
            engines.Length == 0 ? null : EmbeddedFor(parsed, load, engines),
            servers.Length == 0 ? null : ServerFor(parsed, load, servers),
            missing);
    }

    private EmbeddedSettings EmbeddedFor(ParseResult parsed, LoadSettings load, string[] engines)
    {
        var settings = new EmbeddedSettings
        {
            Load = load,
            Engines = [EngineKind.All[0].Name, .. engines],
            Threads = parsed.GetRequiredValue(_threads).Items,
            IsAtomic = false,
            Partitions = [new KvStoreOptions().Partitions],
            Folder = parsed.GetValue(_folder),
        };
        settings.Check();
        return settings;
    }

    private ServerSettings ServerFor(ParseResult parsed, LoadSettings load, string[] servers)
    {
        var settings = new ServerSettings
        {
            Load = load,
            Servers = [ServerKind.Kvs, .. servers],
            Protocol = parsed.GetValue(_protocol),
            Addresses = [],
            Shards = 1,
            Clients = parsed.GetRequiredValue(_clients).Items,
            InFlight = parsed.GetRequiredValue(_inFlight).Items,
            Idle = [0],
            ClientThreads = ServerOptions.DefaultClientThreads,
            Tools = parsed.GetRequiredValue(_tools).Items,
            Engine = KvsEngines.Names[0],
            Pools = [],
            Threads = [],
            Partitions = [],
            DataFolder = null,
            Folder = parsed.GetValue(_folder),
            ServerPath = parsed.GetValue(_path),
        };
        settings.Check();
        return settings;
    }

    private static bool IsServerThere(string name, List<string> missing)
    {
        ServerKind kind = ServerKind.Of(name);
        bool isThere = ServerPrograms.Find(kind) is not null;
        if (!isThere)
        {
            missing.Add($"{name} is not installed ({kind.Package}).");
        }

        return isThere;
    }

    private static bool IsEngineThere(string name, List<string> missing)
    {
        string? why = EngineKind.Of(name).WhyMissing();
        if (why is not null)
        {
            missing.Add(why);
        }

        return why is null;
    }

    private static bool TryParsePeer(string text, out string name)
    {
        name = text;
        return s_servers.Contains(text) || s_engines.Contains(text);
    }
}
