using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Kvs.Threading;
using Microsoft.Extensions.Logging;

namespace Kvs.Server;

/// <summary>What all connections of a server share. Any thread may call any member.</summary>
internal sealed class ServerContext(KvsServerOptions options, IKvsEngine engine, IThreadPool pool, ILogger logger)
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private long _connections;
    private long _requests;

    internal KvsServerOptions Options { get; } = options;

    internal IKvsEngine Engine { get; } = engine;

    internal IThreadPool Pool { get; } = pool;

    internal ILogger Logger { get; } = logger;

    /// <summary>Connections that are there now, without those that were refused.</summary>
    internal long Connections => Interlocked.Read(ref _connections);

    internal void ConnectionsChanged(int by) => Interlocked.Add(ref _connections, by);

    /// <summary>Counts requests, many at a time: a word that all connections write must not be written
    /// often.</summary>
    internal void RequestsExecuted(long count) => Interlocked.Add(ref _requests, count);

    /// <summary>The figures of a Stats reply: <c>name:value</c>, one a line, units last in the name.</summary>
    internal string DescribeStatistics()
    {
        EngineStatistics store = Engine.GetStatistics();
        var lines = new StringBuilder();
        Add(lines, "version", Version);
        Add(lines, "engine", store.Engine);
        Add(lines, "pool", Pool.Name);
        Add(lines, "pool_threads", Pool.Threads);
        Add(lines, "uptime_seconds", (long)Stopwatch.GetElapsedTime(_startedAt).TotalSeconds);
        Add(lines, "connections", Connections);
        Add(lines, "requests", Interlocked.Read(ref _requests));
        Add(lines, "keys", store.Keys);
        Add(lines, "index_bytes", store.IndexBytes);
        Add(lines, "disk_bytes", store.DiskBytes);
        Add(lines, "live_bytes", store.LiveBytes);
        Add(lines, "segments", store.Segments);
        Add(lines, "commits", store.Commits);
        Add(lines, "open_ms", (long)store.OpenTime.TotalMilliseconds);
        return lines.ToString();
    }

    private static string Version { get; } =
        typeof(ServerContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "";

    private static void Add<T>(StringBuilder lines, string name, T value) =>
        lines.Append(CultureInfo.InvariantCulture, $"{name}:{value}\n");
}
