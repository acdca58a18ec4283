using System.CommandLine;
using System.Net;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;
using Kvs.Threading;

namespace Kvs.Bench.Options;

/// <summary>The options of <c>kvs-bench server</c>: their names, defaults and checks.</summary>
internal sealed class ServerOptions
{
    private const int MaxClients = 16_384;
    private const int MaxInFlight = 100_000;
    private const int MaxShards = 64;
    private const int MaxClientThreads = 256;

    private static readonly string[] s_serverNames = [.. ServerKind.All.Select(kind => kind.Name)];
    private static readonly string[] s_protocols = [ServerKind.Binary, ServerKind.Resp];

    private readonly Option<string[]> _addresses = new("--addr")
    {
        Description = "A server that is there; given several times, the servers share the keys",
        HelpName = "IP:PORT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _spawn = new("--spawn")
    {
        Description = "Start the servers, on ports and folders of their own, and end them afterwards",
    };

    private readonly Option<ListOf<string>> _servers = OptionMaker.List<string>("--server", "NAME[,NAME...]",
        $"What is measured: {string.Join(", ", s_serverNames)}. Several take turns in the same run, and the first is " +
        "compared with the others", [ServerKind.Kvs], TryParseServer, $"there are {string.Join(", ", s_serverNames)}");

    private readonly Option<int> _shards = OptionMaker.Number("--shards",
        "How many servers are started to share the keys", 1, 1, MaxShards);

    private readonly Option<string?> _protocol = CreateProtocolOption(ServerKind.Binary);

    private readonly Option<ListOf<int>> _clients = OptionMaker.Numbers("--clients",
        "How many connections, of all servers together; several numbers are measured in turn", [50], 1, MaxClients);

    private readonly Option<ListOf<int>> _inFlight = OptionMaker.Numbers("--in-flight",
        "How many requests may be unanswered on each connection; several numbers are measured in turn", [1], 1,
        MaxInFlight);

    private readonly Option<ListOf<int>> _idle = OptionMaker.Numbers("--idle",
        "How many connections there are besides, which say nothing; several numbers are measured in turn", [0], 0,
        MaxClients);

    private readonly LoadOptions _load = new([Mix.Get, Mix.Set],
        "Operations in each request. Over resp, a request is MGET or MSET; over binary, a batch that gets and sets " +
        "as the mix says; latencies are those of a whole request. Several numbers are measured in turn");

    private readonly Option<int> _clientThreads = OptionMaker.Number("--client-threads",
        "How many threads make the load; each serves many connections", DefaultClientThreads, 1, MaxClientThreads);

    private readonly Option<ListOf<string>> _tools = CreateToolOption();

    private readonly Option<string> _engine = new("--engine")
    {
        Description = "The engine of kvs-server",
        HelpName = "NAME",
        DefaultValueFactory = _ => KvsEngines.Names[0],
    };

    private readonly Option<ListOf<string>> _pools = OptionMaker.List<string>("--pool", "NAME[,NAME...]",
        "kvs-server's pool of threads, by default its own choice; several are measured in turn: " +
        string.Join(", ", ThreadPools.Names), [], TryParsePool, $"there are {string.Join(", ", ThreadPools.Names)}");

    private readonly Option<ListOf<int>> _threads = OptionMaker.Numbers("--threads",
        "The threads of that pool, by default its own choice; several numbers are measured in turn", [], 1,
        ThreadPools.MaxThreads);

    private readonly Option<ListOf<int>> _partitions = OptionMaker.Numbers("--partitions",
        "Partitions of kvs-server's index, by default its own choice; several numbers are measured in turn", [], 1,
        KvStoreOptions.MaxPartitions);

    private readonly Option<string?> _data = new("--data")
    {
        Description = "A folder of make-data, to be served and read as it is",
        HelpName = "DIR",
    };

    private readonly Option<string?> _folder = new("--dir")
    {
        Description = "An empty folder for the servers' files; by default a temporary one, removed afterwards",
        HelpName = "DIR",
    };

    private readonly Option<string?> _path = CreatePathOption();

    /// <summary>Half of the processors: the server needs the others.</summary>
    internal static int DefaultClientThreads => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>The option <c>--protocol</c>.</summary>
    internal static Option<string?> CreateProtocolOption(string standard) => OptionMaker.Value<string?>("--protocol",
        "NAME", $"How kvs is talked to: {string.Join(", ", s_protocols)}", standard, TryParseProtocol,
        $"there are {string.Join(", ", s_protocols)}");

    /// <summary>The option <c>--tool</c>.</summary>
    internal static Option<ListOf<string>> CreateToolOption() => OptionMaker.List<string>("--tool", "NAME[,NAME]",
        "What makes the load: own (this program, which checks every reply), redis-benchmark (which checks nothing, " +
        "and has keys of its own). Both take turns in the same run", [LoadTool.Own], TryParseTool,
        $"there are {string.Join(", ", LoadTool.Names)}");

    /// <summary>The option <c>--server-path</c>.</summary>
    internal static Option<string?> CreatePathOption() => new("--server-path")
    {
        Description = "The program kvs-server; by default the one beside this program, or in artifacts/kvs, or the " +
                      "one that was built",
        HelpName = "FILE",
    };

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
                _addresses, _spawn, _servers, _shards, _protocol, _clients, _inFlight, _idle, _clientThreads, _tools,
            ])
        {
            command.Add(option);
        }

        _load.AddTo(command);
        foreach (Option option in (Option[])[_engine, _pools, _threads, _partitions, _data, _folder, _path])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given.</summary>
    /// <exception cref="ProgramException">The options do not go together.</exception>
    internal ServerSettings Read(ParseResult parsed)
    {
        IPEndPoint[] addresses = [.. (parsed.GetValue(_addresses) ?? []).Select(Address.Parse)];
        if (parsed.GetValue(_spawn) == addresses.Length > 0)
        {
            throw new ProgramException("Give --spawn to start servers, or --addr for those that are there.");
        }

        LoadSettings load = _load.Read(parsed);
        string? dataFolder = parsed.GetValue(_data);
        var settings = new ServerSettings
        {
            Load = dataFolder is null ? load : DataFolder.Read(dataFolder).Apply(load),
            Servers = parsed.GetRequiredValue(_servers).Items,
            Protocol = parsed.GetValue(_protocol),
            Addresses = addresses,
            Shards = parsed.GetRequiredValue(_shards),
            Clients = parsed.GetRequiredValue(_clients).Items,
            InFlight = parsed.GetRequiredValue(_inFlight).Items,
            Idle = parsed.GetRequiredValue(_idle).Items,
            ClientThreads = parsed.GetRequiredValue(_clientThreads),
            Tools = parsed.GetRequiredValue(_tools).Items,
            Engine = parsed.GetRequiredValue(_engine),
            Pools = parsed.GetRequiredValue(_pools).Items,
            Threads = parsed.GetRequiredValue(_threads).Items,
            Partitions = parsed.GetRequiredValue(_partitions).Items,
            DataFolder = dataFolder,
            Folder = parsed.GetValue(_folder),
            ServerPath = parsed.GetValue(_path),
        };
        settings.Check();
        return settings;
    }

    private static bool TryParseServer(string text, out string name)
    {
        name = text;
        return s_serverNames.Contains(text);
    }

    private static bool TryParsePool(string text, out string name)
    {
        name = text;
        return ThreadPools.Names.Contains(text);
    }

    private static bool TryParseTool(string text, out string name)
    {
        name = text;
        return LoadTool.Names.Contains(text);
    }

    private static bool TryParseProtocol(string text, out string? name)
    {
        name = text;
        return s_protocols.Contains(text);
    }
}
