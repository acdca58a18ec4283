using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Kvs.Server.Connections;
using Kvs.Server.Monitoring;
using Kvs.Server.Sessions.Resp;
using Kvs.Threading;
using Microsoft.Extensions.Logging;

namespace Kvs.Server;

/// <summary>What all connections of a server share. Any thread may call any member.</summary>
internal sealed class ServerContext(KvsServerOptions options, IKvsEngine engine, IThreadPool pool, ILogger logger)
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    internal KvsServerOptions Options { get; } = options;

    internal IKvsEngine Engine { get; } = engine;

    internal IThreadPool Pool { get; } = pool;

    internal ILogger Logger { get; } = logger;

    /// <summary>What the sessions of the Redis protocol share.</summary>
    internal RespServer Resp { get; } = new(options, engine, logger);

    /// <summary>How replies to durable writes wait for the disk.</summary>
    internal SharedSync Sync { get; } = new(engine);

    internal Access Access { get; } = new(options.Password);

    internal ServerFigures Figures { get; } = new();

    /// <summary>Whether a reply to a write has to wait for a sync unless the request says otherwise.</summary>
    internal bool SyncsBeforeReplying { get; } = engine.Durability == Durability.Disk;

    /// <summary>How a session makes a write of the server's own durability. Not waiting for a sync: that is done once
    /// for all that a connection has sent, when its replies are held back (<see cref="ReplyBuffer"/>).</summary>
    internal WriteOptions UnsyncedWrite { get; } = new()
    {
        Durability = engine.Durability == Durability.Disk ? Durability.Process : null,
    };

    /// <summary>Connections that are there now, without those that were refused.</summary>
    internal long Connections => Figures.Connections;

    /// <summary>Requests executed so far.</summary>
    internal long Requests => Figures.Requests;

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
        Add(lines, "connections", Figures.Connections);
        Add(lines, "connections_accepted", Figures.Accepted);
        Add(lines, "connections_refused", Figures.Refused);
        Add(lines, "connections_timed_out", Figures.TimedOut);
        Add(lines, "requests", Figures.Requests);
        Add(lines, "rounds", Figures.Rounds);
        Add(lines, "received_bytes", Figures.ReceivedBytes);
        Add(lines, "sent_bytes", Figures.SentBytes);
        Add(lines, "keys", store.Keys);
        Add(lines, "index_bytes", store.IndexBytes);
        Add(lines, "disk_bytes", store.DiskBytes);
        Add(lines, "live_bytes", store.LiveBytes);
        Add(lines, "segments", store.Segments);
        Add(lines, "commits", store.Commits);
        Add(lines, "open_ms", (long)store.OpenTime.TotalMilliseconds);
        if (store is KvStoreStatistics more)
        {
            AddFigures(lines, more);
        }

        return lines.ToString();
    }

    /// <summary>What the engine <c>kvs</c> has beyond the figures of any engine.</summary>
    private static void AddFigures(StringBuilder lines, KvStoreStatistics store)
    {
        Add(lines, "garbage_bytes", store.GarbageBytes);
        Add(lines, "tombstone_bytes", store.TombstoneBytes);
        Add(lines, "index_bytes_per_key", Math.Round(store.IndexBytesPerKey, 2));
        Add(lines, "segments_sealed", store.SealedSegments);
        Add(lines, "segments_ready", store.ReadySegments);
        Add(lines, "leases", store.Leases);
        Add(lines, "writes", store.Writes);
        Add(lines, "written_bytes", store.WrittenBytes);
        Add(lines, "writes_per_commit", Math.Round(store.WritesPerCommit, 2));
        Add(lines, "largest_commit_bytes", store.LargestCommitBytes);
        AddTimes(lines, "commit", store.CommitTimes);
        Add(lines, "syncs", store.SyncTimes.Count);
        AddTimes(lines, "sync", store.SyncTimes);
        Add(lines, "compactions", store.Compactions);
        Add(lines, "compacted_segments", store.CompactedSegments);
        Add(lines, "copied_bytes", store.CopiedBytes);
        Add(lines, "reclaimed_bytes", store.ReclaimedBytes);
        Add(lines, "times_held_back", store.TimesHeldBack);
        Add(lines, "held_back_ms", (long)store.HeldBackTime.TotalMilliseconds);
        Add(lines, "expired_keys", store.ExpiredKeys);
        Add(lines, "rebuilt_segments", store.RebuiltSegments);
        Add(lines, "recovery_ms", (long)(store.Recovery?.Time.TotalMilliseconds ?? 0));
        Add(lines, "recovery_holes", store.Recovery?.Holes ?? 0);
        Add(lines, "recovery_dropped_bytes", store.Recovery?.DroppedBytes ?? 0);

        // A figure is one line, whatever the operating system said.
        Add(lines, "poisoned", store.PoisonReason?.ReplaceLineEndings(" ") ?? "no");
    }

    private static void AddTimes(StringBuilder lines, string what, LatencyStatistics times)
    {
        Add(lines, $"{what}_median_us", (long)times.Median.TotalMicroseconds);
        Add(lines, $"{what}_p99_us", (long)times.P99.TotalMicroseconds);
        Add(lines, $"{what}_max_us", (long)times.Max.TotalMicroseconds);
    }

    /// <summary>The version of the server.</summary>
    internal static string Version { get; } =
        typeof(ServerContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "";

    private static void Add<T>(StringBuilder lines, string name, T value) =>
        lines.Append(CultureInfo.InvariantCulture, $"{name}:{value}\n");
}
