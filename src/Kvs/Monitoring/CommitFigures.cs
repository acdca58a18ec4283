using System.Diagnostics;

namespace Kvs.Monitoring;

/// <summary>What the commit thread counts of its own work.</summary>
/// <remarks>The commit thread adds, any thread may read: nothing here costs a writer anything.</remarks>
/// <param name="store">The store's folder, by which listeners know it.</param>
internal sealed class CommitFigures(string store)
{
    private readonly KeyValuePair<string, object?> _tag = KvsMeter.TagOf(store);
    private readonly LatencyHistogram _commitTimes = new();
    private readonly LatencyHistogram _syncTimes = new();
    private long _commits;
    private long _largestBytes;
    private long _writtenBefore;

    internal long Commits => Volatile.Read(ref _commits);

    /// <summary>The most bytes that were appended between two commits.</summary>
    internal long LargestBytes => Volatile.Read(ref _largestBytes);

    internal LatencyStatistics CommitTimes => _commitTimes.Sum();

    internal LatencyStatistics SyncTimes => _syncTimes.Sum();

    /// <summary>Counts a sync that succeeded.</summary>
    /// <param name="start">When it began, as <see cref="Stopwatch"/> tells the time.</param>
    internal void CountSync(long start)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        _syncTimes.Add(took);
        KvsMeter.Shared.SyncDuration.Record(took.TotalSeconds, _tag);
    }

    /// <summary>Counts a commit that succeeded.</summary>
    /// <param name="start">When it began, as <see cref="Stopwatch"/> tells the time.</param>
    /// <param name="writtenBytes">Bytes of records that were appended since the store was opened.</param>
    internal void CountCommit(long start, long writtenBytes)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        long group = writtenBytes - _writtenBefore;
        _writtenBefore = writtenBytes;
        _commitTimes.Add(took);
        Volatile.Write(ref _largestBytes, Math.Max(_largestBytes, group));
        Volatile.Write(ref _commits, _commits + 1);
        KvsMeter.Shared.CommitDuration.Record(took.TotalSeconds, _tag);
        KvsMeter.Shared.CommitSize.Record(group, _tag);
    }
}
