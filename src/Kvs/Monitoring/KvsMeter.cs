using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace Kvs.Monitoring;

/// <summary>
/// The meter <c>Kvs</c>: the figures of all stores that this process has open, each with its folder as the tag
/// <c>store</c>. docs/OPERATIONS.md lists the instruments.
/// </summary>
/// <remarks>
/// Thread-safe. One set of instruments for all stores, because an instrument cannot be taken out of its meter, and
/// those who collect take instruments of one name for one. A store is asked only while somebody collects, and is let
/// go when it is closed.
/// </remarks>
internal sealed class KvsMeter
{
    internal const string Name = "Kvs";

    private static readonly Meter s_meter = new(Name, typeof(KvsMeter).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);

    private ImmutableList<MeteredStore> _stores = [];

    private KvsMeter()
    {
        CommitDuration = s_meter.CreateHistogram<double>("kvs.commit.duration", "s",
            "How long group commits take, from when all writes of the group are complete until they are durable");
        CommitSize = s_meter.CreateHistogram<long>("kvs.commit.size", "By", "Records appended between commits");
        SyncDuration = s_meter.CreateHistogram<double>("kvs.sync.duration", "s", "How long syncs of a segment take");
        CreateGauges();
        CreateCounters();
    }

    /// <summary>The one that there is.</summary>
    internal static KvsMeter Shared { get; } = new();

    internal Histogram<double> CommitDuration { get; }

    internal Histogram<long> CommitSize { get; }

    internal Histogram<double> SyncDuration { get; }

    /// <summary>The tag of a store, which is its folder.</summary>
    internal static KeyValuePair<string, object?> TagOf(string store) => new("store", store);

    /// <summary>Shows the figures of a store from now on.</summary>
    internal void Add(KvStore store, string folder) =>
        _ = ImmutableInterlocked.Update(ref _stores, stores => stores.Add(new MeteredStore(store, TagOf(folder))));

    /// <summary>Forgets a store.</summary>
    internal void Remove(KvStore closed) =>
        _ = ImmutableInterlocked.Update(ref _stores, stores => stores.RemoveAll(store => store.Is(closed)));

    private void CreateGauges()
    {
        Gauge("kvs.keys", "{key}", "Keys that are there", store => store.Keys);
        Gauge("kvs.live.size", "By", "Records that count, and what must be kept", store => store.LiveBytes);
        Gauge("kvs.garbage.size", "By", "Records replaced and not won back yet", store => store.GarbageBytes);
        Gauge("kvs.tombstones.size", "By", "Tombstones that must be kept", store => store.TombstoneBytes);
        Gauge("kvs.disk.size", "By", "Files of the store, those held ready included", store => store.DiskBytes);
        Gauge("kvs.index.size", "By", "Memory of the index", store => store.IndexBytes);
        Gauge("kvs.segments", "{segment}", "Segments of the log", store => store.Segments);
        Gauge("kvs.segments.sealed", "{segment}", "Segments that are complete", store => store.SealedSegments);
        Gauge("kvs.segments.ready", "{segment}", "Segments made ahead", store => store.ReadySegments);
        Gauge("kvs.leases", "{lease}", "Values that are leased now", store => store.Leases);
        Gauge("kvs.poisoned", "1", "1 once no more writes are taken", store => store.PoisonReason is null ? 0 : 1);
        Gauge("kvs.open.duration", "s", "How long opening took", store => store.OpenTime.TotalSeconds);
        Gauge("kvs.recovery.duration", "s", "How long the recovery at opening took",
            store => store.Recovery?.Time.TotalSeconds ?? 0);
        Gauge("kvs.recovery.dropped", "By", "What a power cut took, found at opening",
            store => store.Recovery?.DroppedBytes ?? 0);
        Gauge("kvs.recovery.holes", "{write}", "Unfinished writes found", store => store.Recovery?.Holes ?? 0);
        Gauge("kvs.recovery.rebuilt", "{segment}", "Segments read whole at opening", store => store.RebuiltSegments);
    }

    private void CreateCounters()
    {
        Counter("kvs.writes", "{write}", "Sets and removals", store => store.Writes);
        Counter("kvs.written", "By", "Records appended to the log, copies included", store => store.WrittenBytes);
        Counter("kvs.commits", "{commit}", "Group commits", store => store.Commits);
        Counter("kvs.syncs", "{sync}", "Syncs of segments that commits made", store => store.SyncTimes.Count);
        Counter("kvs.compactions", "{round}", "Rounds of compaction", store => store.Compactions);
        Counter("kvs.compaction.segments", "{segment}", "Segments compacted", store => store.CompactedSegments);
        Counter("kvs.compaction.copied", "By", "Records that compaction copied", store => store.CopiedBytes);
        Counter("kvs.reclaimed", "By", "Segments dropped, what was copied included", store => store.ReclaimedBytes);
        Counter("kvs.held_back", "{time}", "Times writes were held back", store => store.TimesHeldBack);
        Counter("kvs.held_back.duration", "s", "How long writes were held back",
            store => store.HeldBackTime.TotalSeconds);
        Counter("kvs.expired", "{key}", "Keys removed because they had expired", store => store.ExpiredKeys);
    }

    private void Gauge<T>(string name, string unit, string description, Func<KvStoreStatistics, T> figure)
        where T : struct => _ = s_meter.CreateObservableGauge(name, () => Measure(figure), unit, description);

    private void Counter<T>(string name, string unit, string description, Func<KvStoreStatistics, T> figure)
        where T : struct => _ = s_meter.CreateObservableCounter(name, () => Measure(figure), unit, description);

    private List<Measurement<T>> Measure<T>(Func<KvStoreStatistics, T> figure) where T : struct
    {
        List<Measurement<T>> measured = [];
        foreach (MeteredStore store in Volatile.Read(ref _stores))
        {
            if (store.TryRead() is { } statistics)
            {
                measured.Add(new Measurement<T>(figure(statistics), store.Tag));
            }
        }

        return measured;
    }

    /// <summary>A store that is open.</summary>
    private sealed class MeteredStore(KvStore store, KeyValuePair<string, object?> tag)
    {
        /// <summary>Who collects asks for one figure after the other: what was read just now serves them all.</summary>
        private const long FreshMilliseconds = 10;

        private readonly Lock _lock = new();
        private KvStoreStatistics? _recent;
        private long _readAt;

        internal KeyValuePair<string, object?> Tag => tag;

        internal bool Is(KvStore other) => store == other;

        /// <summary>The store's figures; null when it is closed.</summary>
        internal KvStoreStatistics? TryRead()
        {
            lock (_lock)
            {
                try
                {
                    if (_recent is null || Environment.TickCount64 - _readAt > FreshMilliseconds)
                    {
                        _recent = store.Statistics;
                        _readAt = Environment.TickCount64;
                    }

                    return _recent;
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
            }
        }
    }
}
