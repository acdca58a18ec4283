using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>INFO: figures by sections, in the names that tools know, and those of kvs in a section of their own.
/// </summary>
internal static class InfoCommand
{
    private static readonly (string Name, Action<RespSession, StringBuilder> Add)[] Sections =
    [
        ("Server", AddServer),
        ("Clients", AddClients),
        ("Memory", AddMemory),
        ("Persistence", AddPersistence),
        ("Stats", AddStatistics),
        ("Replication", AddReplication),
        ("CPU", AddProcessor),
        ("Cluster", AddCluster),
        ("Keyspace", AddKeyspace),
        ("Kvs", AddKvs),
    ];

    private static readonly string[] EverySection = ["all", "default", "everything"];

    internal static void Info(RespSession session, scoped in RespRequest request)
    {
        var wanted = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 1; i < request.Count; i++)
        {
            wanted.Add(Encoding.Latin1.GetString(request[i]));
        }

        bool isAll = wanted.Count == 0 || wanted.Overlaps(EverySection);
        var text = new StringBuilder();
        foreach ((string name, Action<RespSession, StringBuilder> add) in Sections)
        {
            if (isAll || wanted.Contains(name))
            {
                text.Append(text.Length > 0 ? "\r\n" : "").Append("# ").Append(name).Append("\r\n");
                add(session, text);
            }
        }

        session.Reply.Text(text.ToString());
    }

    private static void AddServer(RespSession session, StringBuilder text)
    {
        RespServer server = session.Server;
        Add(text, "redis_version", ConnectionCommands.RedisVersion);
        Add(text, "kvs_version", ServerContext.Version);
        Add(text, "redis_mode", "standalone");
        Add(text, "os", Environment.OSVersion.VersionString);
        Add(text, "arch_bits", IntPtr.Size * 8);
        Add(text, "process_id", Environment.ProcessId);
        Add(text, "run_id", server.RunId);
        Add(text, "tcp_port", server.EndPoint.Port);
        Add(text, "server_time_usec", (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Add(text, "uptime_in_seconds", (long)server.Uptime.TotalSeconds);
        Add(text, "uptime_in_days", (long)server.Uptime.TotalDays);
    }

    private static void AddClients(RespSession session, StringBuilder text)
    {
        Add(text, "connected_clients", session.Context.Connections);
        Add(text, "maxclients", session.Context.Options.MaxConnections);
        Add(text, "blocked_clients", 0);
    }

    private static void AddMemory(RespSession session, StringBuilder text)
    {
        Add(text, "used_memory", GC.GetTotalMemory(forceFullCollection: false));
        Add(text, "used_memory_rss", Environment.WorkingSet);
        Add(text, "maxmemory", 0);
        Add(text, "maxmemory_policy", "noeviction");
        Add(text, "index_bytes", session.Context.Engine.GetStatistics().IndexBytes);
    }

    private static void AddPersistence(RespSession session, StringBuilder text)
    {
        bool isPoisoned =
            session.Context.Engine.GetStatistics() is KvStoreStatistics { PoisonReason: not null };
        Add(text, "loading", 0);
        Add(text, "rdb_last_save_time", session.Server.LastSave);
        Add(text, "rdb_last_bgsave_status", "ok");
        Add(text, "aof_enabled", session.Context.Engine.Name == "memory" ? 0 : 1);
        Add(text, "aof_last_write_status", isPoisoned ? "err" : "ok");
    }

    private static void AddStatistics(RespSession session, StringBuilder text)
    {
        Add(text, "total_commands_processed", session.Context.Requests);
        Add(text, "expired_keys", (session.Context.Engine.GetStatistics() as KvStoreStatistics)?.ExpiredKeys ?? 0);
    }

    private static void AddReplication(RespSession session, StringBuilder text)
    {
        Add(text, "role", "master");
        Add(text, "connected_slaves", 0);
    }

    private static void AddProcessor(RespSession session, StringBuilder text)
    {
        Environment.ProcessCpuUsage usage = Environment.CpuUsage;
        Add(text, "used_cpu_sys", usage.PrivilegedTime.TotalSeconds);
        Add(text, "used_cpu_user", usage.UserTime.TotalSeconds);
    }

    private static void AddCluster(RespSession session, StringBuilder text) => Add(text, "cluster_enabled", 0);

    private static void AddKeyspace(RespSession session, StringBuilder text)
    {
        long keys = session.Context.Engine.GetStatistics().Keys;
        if (keys > 0)
        {
            Add(text, "db0", string.Create(CultureInfo.InvariantCulture, $"keys={keys}"));
        }
    }

    private static void AddKvs(RespSession session, StringBuilder text) =>
        text.Append(session.Context.DescribeStatistics().ReplaceLineEndings("\r\n"));

    private static void Add<T>(StringBuilder text, string name, T value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}:{value}\r\n");
}
