using System.Globalization;
using Kvs.Bench.Network;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Servers;

/// <summary>A server that can be measured.</summary>
internal sealed record ServerKind
{
    /// <summary>kvs itself.</summary>
    internal const string Kvs = "kvs";

    internal const string Resp = "resp";
    internal const string Binary = "binary";
    internal const string Memcached = "memcached";

    /// <summary>What redis, and those that are like it, are started with.</summary>
    private const string RedisNotes = "otherwise its defaults, one thread";

    /// <summary>Connections that are none of the clients that are asked for: those that fill the store, and probes.
    /// </summary>
    private const int SpareConnections = 256;

    private const long MemcachedMinMb = 1024;

    /// <summary>What an item takes in memcached beside key and value, rounded up to its slabs' sizes.</summary>
    private const double MemcachedOverhead = 2.5;

    /// <summary>All of them; the first is the one that others are compared with unless told otherwise.</summary>
    internal static IReadOnlyList<ServerKind> All { get; } =
    [
        new()
        {
            Name = Kvs,
            Program = "kvs-server",
            Package = "it is built by scripts/publish",
            HasPools = true,
            Protocols = [Binary, Resp],
            ReadyLine = "listening on ",
            VersionOption = "--version",
            Arguments = KvsArguments,
            DescribeDurability = level => level.ToString().ToLowerInvariant(),
            Notes = "every get verifies the record's checksum",
        },
        RedisLike("redis", "redis-server", "apt-get install redis-server"),
        RedisLike("valkey", "valkey-server", "apt-get install valkey-server"),
        RedisLike("keydb", "keydb-server", "apt-get install keydb-server"),
        new()
        {
            Name = "memcached",
            Program = "memcached",
            Package = "apt-get install memcached",
            Protocols = [Memcached],
            VersionOption = "--version",
            Arguments = MemcachedArguments,
            DescribeDurability = _ => NoDurability,
            Notes = "keeps nothing on disk; its default of 4 threads; memory for all keys",
        },
    ];

    internal required string Name { get; init; }

    /// <summary>The name of its executable file.</summary>
    internal required string Program { get; init; }

    /// <summary>How it is installed.</summary>
    internal required string Package { get; init; }

    /// <summary>The protocols that it can be asked to speak; the first unless told otherwise.</summary>
    internal required IReadOnlyList<string> Protocols { get; init; }

    /// <summary>Whether pool, threads and partitions can be chosen.</summary>
    internal bool HasPools { get; init; }

    /// <summary>What a line of its log begins with that tells the address; null where it is told its port.</summary>
    internal string? ReadyLine { get; init; }

    internal required string VersionOption { get; init; }

    /// <summary>The arguments to start it with.</summary>
    internal required Func<ServerStart, IReadOnlyList<string>> Arguments { get; init; }

    /// <summary>What an acknowledged set has reached.</summary>
    internal required Func<Durability, string> DescribeDurability { get; init; }

    /// <summary>What a result's reader has to know about how it is started.</summary>
    internal required string Notes { get; init; }

    /// <summary>The durability of what is lost with the process.</summary>
    private static string NoDurability => "none";

    /// <summary>The kind of a name.</summary>
    internal static ServerKind Of(string name) => All.First(kind => kind.Name == name);

    /// <summary>Makes the protocol of a connection.</summary>
    internal static WireProtocol CreateProtocol(string name, PartSettings part) => name switch
    {
        Resp => new RespProtocol(part),
        Memcached => new MemcachedProtocol(part),
        _ => FrameProtocol.Create(part),
    };

    // redis knows no level that survives the death of the process without a system call for each event loop's writes:
    // at "process" it keeps nothing, which is what it is fastest at.
    private static ServerKind RedisLike(string name, string program, string package) => new()
    {
        Name = name,
        Program = program,
        Package = package,
        Protocols = [Resp],
        VersionOption = "--version",
        Arguments = RedisArguments,
        DescribeDurability = level => level switch
        {
            Durability.Disk => "appendfsync always",
            Durability.Interval => "appendfsync everysec",
            _ => NoDurability,
        },
        Notes = RedisNotes,
    };

    private static List<string> KvsArguments(ServerStart start)
    {
        List<string> arguments =
        [
            "--addr", "127.0.0.1:0", "--data", start.Folder, "--durability", start.Durability.ToString(),
            "--engine", start.Engine,
        ];
        AddIfGiven(arguments, "--pool", start.Pool);
        AddIfGiven(arguments, "--threads", start.Threads?.ToString(CultureInfo.InvariantCulture));
        AddIfGiven(arguments, "--partitions", start.Partitions?.ToString(CultureInfo.InvariantCulture));
        return arguments;
    }

    private static void AddIfGiven(List<string> arguments, string name, string? value)
    {
        if (value is not null)
        {
            arguments.AddRange([name, value]);
        }
    }

    private static string[] RedisArguments(ServerStart start) =>
    [
        "--port", start.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", start.Folder,
        "--save", "", "--appendonly", start.Durability.Level == Durability.Process ? "no" : "yes",
        "--appendfsync", start.Durability.Level == Durability.Disk ? "always" : "everysec",
        "--maxclients", (start.Clients + SpareConnections).ToString(CultureInfo.InvariantCulture),
    ];

    private static string[] MemcachedArguments(ServerStart start)
    {
        const long BytesPerMb = 1024 * 1024;
        long memoryMb = Math.Max(MemcachedMinMb, (long)(start.DataBytes * MemcachedOverhead / BytesPerMb));
        return
        [
            "-l", "127.0.0.1", "-p", start.Port.ToString(CultureInfo.InvariantCulture), "-U", "0",
            "-m", memoryMb.ToString(CultureInfo.InvariantCulture), "-I", "32m",
            "-c", (start.Clients + SpareConnections).ToString(CultureInfo.InvariantCulture),
            .. Environment.IsPrivilegedProcess ? (string[])["-u", "root"] : [],
        ];
    }
}
