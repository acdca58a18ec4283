using Kvs.Epochs;
using Kvs.Log;
using Kvs.Monitoring;

namespace Kvs;

/// <content>What a store says of itself.</content>
public sealed unsafe partial class KvStore
{
    /// <summary>Figures about the store now. Made anew at each call, from what its segments and partitions count: for a
    /// look every second, not for one at every operation. The meter <c>Kvs</c> shows the same.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public KvStoreStatistics Statistics
    {
        get
        {
            EpochSlot epoch = _gate.Enter();
            try
            {
                return ReadStatistics(_segments.ToList(), _commits.Figures);
            }
            finally
            {
                EpochGate.Leave(epoch);
            }
        }
    }

    /// <inheritdoc/>
    public EngineStatistics GetStatistics() => Statistics;

    private KvStoreStatistics ReadStatistics(List<Segment> segments, CommitFigures commits) => _opening with
    {
        Keys = _index.Partitions.Sum(partition => partition.Keys),
        IndexBytes = _index.Partitions.Sum(partition => partition.TableBytes),
        DiskBytes = segments.Sum(segment => (long)segment.Length),
        LiveBytes = segments.Sum(segment => segment.AppendedBytes - segment.DeadBytes) + _log.OpenRecordBytes,
        GarbageBytes = segments.Sum(segment => segment.DeadBytes),
        TombstoneBytes = segments.Sum(segment => segment.TombstoneBytes),
        Segments = segments.Count,
        SealedSegments = segments.Count(segment => segment.IsSealed),
        ReadySegments = _supply.HasReady ? 1 : 0,
        Leases = _supply.Leases.Count(),
        Writes = unchecked((long)(SumOfNumbers() - _numbersAtOpening)),
        WrittenBytes = _log.WrittenBytes,
        Commits = commits.Commits,
        LargestCommitBytes = commits.LargestBytes,
        CommitTimes = commits.CommitTimes,
        SyncTimes = commits.SyncTimes,
        Compactions = _compaction.Rounds,
        CompactedSegments = _compaction.CompactedSegments,
        CopiedBytes = _compaction.CopiedBytes,
        ReclaimedBytes = _housekeeper.DroppedBytes,
        TimesHeldBack = _supply.HeldBack.Times,
        HeldBackTime = _supply.HeldBack.Time,
        ExpiredKeys = Volatile.Read(ref _expiredKeys),
        PoisonReason = _commits.Poisoned?.Message,
    };

    /// <summary>Grows by one for each write: it takes the next number of its partition.</summary>
    private ulong SumOfNumbers()
    {
        ulong sum = 0;
        foreach (Partition partition in _index.Partitions)
        {
            sum = unchecked(sum + partition.LastSequence);
        }

        return sum;
    }
}
