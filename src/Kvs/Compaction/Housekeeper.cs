using System.Collections.Concurrent;
using System.Diagnostics;
using Kvs.Commits;
using Kvs.Files;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// Keeps the folder in order behind the writers' backs: seals segments that are full and durable, drops those in which
/// no record is needed, compacts those with much garbage, and removes what has expired. Keeps the manifest.
/// </summary>
/// <remarks>
/// Works on a thread of its own, and on the thread that closes the store, after its own has ended. Invariants:
/// (1) a segment is sealed, or compacted, only when no lane has a chunk in it and its last epoch is durable;
/// (2) a segment is dropped only when what replaced its records is durable, in whatever segment that lies;
/// (3) its file goes only after the manifest, on disk, says so, and after the last reader that may look at it has left.
/// </remarks>
internal sealed class Housekeeper
{
    /// <summary>Looking around more often finds nothing: a segment takes longer to fill. At the level Disk, there are
    /// thousands of commits a second.</summary>
    private static readonly TimeSpan s_leastInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>How often it looks by itself, where something expires or writes are held back.</summary>
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(500);

    private readonly string _folder;
    private readonly KvStoreOptions _options;
    private readonly SegmentTable _segments;
    private readonly StoreIndex _index;
    private readonly EpochGate _gate;
    private readonly Reclaimer _reclaimer;
    private readonly SegmentSupply _supply;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Segment> _removable = new();
    private readonly SnapshotRequests _snapshots = new();

    // Guarded by the monitor. Due from the start: what was opened may hold dead segments.
    private readonly object _monitor = new();
    private bool _isDue = true;
    private bool _isStopping;
    private long _roundsWanted;
    private long _roundsDone;

    // The thread's own.
    private readonly HashSet<Segment> _retired = [];
    private readonly Dictionary<Segment, ulong> _deadSince = [];
    private IReadOnlyList<Segment> _kept = [];
    private Manifest _manifest;
    private GroupCommit _commits = null!;
    private Compaction _compaction = null!;
    private Exception? _failure;
    private long _droppedBytes;
    private bool _hasTrouble;
    private bool _isTroubleTold;

    internal Housekeeper(string folder, KvStoreOptions options, Manifest manifest, SegmentTable segments,
        StoreIndex index, EpochGate gate, Reclaimer reclaimer, SegmentSupply supply)
    {
        _folder = folder;
        _options = options;
        _manifest = manifest;
        _segments = segments;
        _index = index;
        _gate = gate;
        _reclaimer = reclaimer;
        _supply = supply;
        supply.TellWhenHoldingBack(Due);
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs housekeeper" };
    }

    /// <summary>Bytes of the segments that were dropped since the store was opened.</summary>
    internal long DroppedBytes => Volatile.Read(ref _droppedBytes);

    /// <summary>Starts the thread.</summary>
    internal void Start(GroupCommit commits, Compaction compaction)
    {
        _commits = commits;
        _compaction = compaction;
        _thread.Start();
    }

    /// <summary>Lets the thread look around soon; waits for nothing.</summary>
    internal void Due()
    {
        lock (_monitor)
        {
            _isDue = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Has everything compacted that has garbage; returns when that is done.</summary>
    /// <exception cref="KvsWriteException">It could not be done; nothing is lost.</exception>
    internal void CompactAll()
    {
        lock (_monitor)
        {
            long round = ++_roundsWanted;
            Monitor.PulseAll(_monitor);
            while (_roundsDone < round && !_isStopping)
            {
                Monitor.Wait(_monitor);
            }

            ObjectDisposedException.ThrowIf(_isStopping, typeof(KvStore));
            if (_failure is not null)
            {
                throw new KvsWriteException($"The store could not be compacted: {_failure.Message}",
                    _commits.Poisoned is not null, _failure);
            }
        }
    }

    /// <summary>Ends the thread. Only when no operation can begin any more.</summary>
    internal void Stop()
    {
        lock (_monitor)
        {
            _isStopping = true;
            Monitor.PulseAll(_monitor);
        }

        _thread.Join();
        _snapshots.Close();
    }

    /// <summary>Takes hold of all that is durable now; what is sealed, dropped or removed meanwhile stays readable
    /// until the snapshot is disposed. Taken between two steps of the thread's own work, which changes what there is.
    /// </summary>
    /// <exception cref="KvsDamageException">Something in the log is not as it was written.</exception>
    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    internal LogSnapshot TakeSnapshot() => _snapshots.Get(wake: Due);

    /// <summary>Seals all that is left, when nobody uses the store any more and everything is durable. It is then a
    /// clean one.</summary>
    internal void SealAll(ulong lastEpoch)
    {
        // A store without keys needs no tombstones.
        bool isEmpty = _index.Partitions.All(partition => partition.Keys == 0);
        List<Segment> present = Present();
        List<Segment> dead = present.FindAll(segment => (segment.IsSealed || segment.LastEpoch != 0) &&
            (isEmpty || segment.DeadBytes >= segment.AppendedBytes));
        List<Segment> open = present.FindAll(segment => !segment.IsSealed && !dead.Contains(segment));
        List<Segment> sealedNow = open.FindAll(TrySeal);
        WriteManifest(lastEpoch, sealedNow, dead);

        // What is left has nothing in it, or was dropped and waited for its last reader.
        foreach (Segment segment in open.Except(sealedNow).Concat(dead).Concat(_retired).ToList())
        {
            Remove(segment);
        }
    }

    /// <summary>What is to be done between two steps of a long piece of work: seals and removes what can be.</summary>
    internal void Tend()
    {
        _supply.HeldBack.TellIfBegun();
        _snapshots.Serve(() =>
        {
            ulong durable = _commits.DurableEpoch;
            return LogSnapshot.Take(_manifest with { SequenceFloor = PresentSequence }, Present(), durable);
        });
        while (_removable.TryDequeue(out Segment? segment))
        {
            Remove(segment);
        }

        if (_commits.Poisoned is null)
        {
            SealAndDrop();
        }
    }

    /// <summary>Leaves some segments alone, until other ones are named.</summary>
    internal void Keep(IReadOnlyList<Segment> segments) => _kept = segments;

    /// <summary>Waits so long, or less when the store is being closed.</summary>
    internal void Wait(TimeSpan time)
    {
        lock (_monitor)
        {
            if (!_isStopping)
            {
                _ = Monitor.Wait(_monitor, time);
            }
        }
    }

    /// <summary>Segments that were not dropped.</summary>
    internal List<Segment> Present() => _segments.ToList().FindAll(segment => !_retired.Contains(segment));

    /// <summary>Whether a segment is full and durable, so that nothing in it will change.</summary>
    internal bool IsComplete(Segment segment) => segment.IsSealed ||
        (segment.IsFull && segment.OpenChunks == 0 && segment.LastEpoch != 0 &&
         segment.LastEpoch <= _commits.DurableEpoch);

    /// <summary>Drops segments of which nothing is needed any more, and whose replacements are durable.</summary>
    internal void Drop(List<Segment> dropped)
    {
        if (dropped.Count == 0)
        {
            return;
        }

        WriteManifest(_commits.DurableEpoch, [], dropped);
        dropped.ForEach(Retire);
    }

    private void Run()
    {
        SystemThreads.TryMakeModest();
        while (WaitForWork(out long wanted))
        {
            Exception? failure = null;
            _hasTrouble = false;
            try
            {
                Tend();
                bool hasDone = _compaction.Run(isFull: wanted > Volatile.Read(ref _roundsDone));
                if (hasDone)
                {
                    Due();
                }

                LetWritesGo(isStuck: _commits.Poisoned is not null || (!hasDone && (_hasTrouble || !IsWaiting())));
                if (_supply.IsHoldingBack)
                {
                    // What is waited for comes with the end of an epoch, which nobody else ends while writes wait.
                    _commits.CommitSoon();
                }
            }
            catch (ObjectDisposedException)
            {
                // The store is being closed; nobody waits for what was left.
                return;
            }
            catch (Exception e) when (e is KvsException or IOException or UnauthorizedAccessException
                or OutOfMemoryException)
            {
                failure = e;
                _supply.LetGo(atLeastOne: true);
                TellTrouble(() => _options.Events.CompactionFailed(e));
            }

            _isTroubleTold &= _hasTrouble;
            lock (_monitor)
            {
                _failure = failure;
                _roundsDone = wanted;
                Monitor.PulseAll(_monitor);
            }
        }
    }

    /// <summary>Lets writes go on that wait for garbage to be won back, when it was, or when nothing more can be.
    /// </summary>
    private void LetWritesGo(bool isStuck)
    {
        if (_supply.IsHoldingBack && (isStuck || !_supply.IsOverfull))
        {
            _supply.LetGo(atLeastOne: isStuck);
        }
    }

    /// <summary>Whether something will be won back by itself, after the next commit or when a reader has
    /// left.</summary>
    private bool IsWaiting() => _retired.Count > 0 || _deadSince.Count > 0 ||
        Present().Exists(segment => segment.IsFull && segment.OpenChunks == 0 && !IsComplete(segment));

    /// <summary>Returns when there may be something to do; false when the store is being closed.</summary>
    private bool WaitForWork(out long wanted)
    {
        lock (_monitor)
        {
            while (!_isDue && !_isStopping && _roundsWanted == _roundsDone && !_compaction.IsExpiryDue)
            {
                if (_compaction.HasExpiring || _supply.IsHoldingBack)
                {
                    _isDue |= !Monitor.Wait(_monitor, s_lookInterval) && _supply.IsHoldingBack;
                }
                else
                {
                    Monitor.Wait(_monitor);
                }
            }

            long begin = Stopwatch.GetTimestamp();
            while (!_isStopping && _roundsWanted == _roundsDone && Stopwatch.GetElapsedTime(begin) < s_leastInterval)
            {
                _ = Monitor.Wait(_monitor, s_leastInterval);
            }

            wanted = _roundsWanted;
            _isDue = false;
            return !_isStopping;
        }
    }

    private void SealAndDrop()
    {
        List<Segment> present = Present().FindAll(segment => !_kept.Contains(segment));
        present.FindAll(segment => segment.IsFull && segment.OpenChunks > 0).ForEach(_compaction.CloseChunksIn);
        List<Segment> dropped = present.FindAll(segment => IsComplete(segment) && IsDead(segment));
        List<Segment> sealedNow;
        try
        {
            sealedNow = present.FindAll(segment => !segment.IsSealed && !dropped.Contains(segment) &&
                IsComplete(segment) && !_compaction.WillTakeSoon(segment) && TrySeal(segment));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KvsDamageException)
        {
            _commits.PoisonWith(e);
            return;
        }

        if (sealedNow.Count + dropped.Count == 0)
        {
            return;
        }

        try
        {
            WriteManifest(_commits.DurableEpoch, sealedNow, dropped);
            sealedNow.ForEach(segment => SegmentSealer.TryTrim(segment, _options.Events.Warn));
            dropped.ForEach(Retire);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost: the manifest before is as true as this one would be. Tried again after the next commit.
            TellTrouble(() => _options.Events.Warn($"The manifest could not be written, and will be later: {e.Message}"));
        }
    }

    /// <summary>Says what does not work, once until it does again: it is tried many times a second.</summary>
    private void TellTrouble(Action tell)
    {
        _hasTrouble = true;
        if (!_isTroubleTold)
        {
            _isTroubleTold = true;
            tell();
        }
    }

    private bool TrySeal(Segment segment) => SegmentSealer.TrySeal(segment, _index.Seeds, _options.Events.Warn);

    /// <summary>Whether nothing in a segment is needed, and what replaced it is durable.</summary>
    private bool IsDead(Segment segment)
    {
        if (_deadSince.TryGetValue(segment, out ulong since))
        {
            return since <= _commits.DurableEpoch;
        }

        if (segment.DeadBytes >= segment.AppendedBytes)
        {
            // Read behind the count: whatever replaced the last record is stamped no later than this.
            _deadSince.Add(segment, _gate.Current);
            _commits.CommitSoon();
        }

        return false;
    }

    private void Retire(Segment segment)
    {
        _ = _deadSince.Remove(segment);
        _retired.Add(segment);
        Volatile.Write(ref _droppedBytes, _droppedBytes + segment.DiskBytes);
        _compaction.Forget(segment);
        _reclaimer.Retire(new Removal(() =>
        {
            _removable.Enqueue(segment);
            Due();
        }), segment.Length);

        // A store that nobody writes to ends no epochs by itself, and would keep the file.
        _commits.CommitSoon();
    }

    private void Remove(Segment segment)
    {
        _retired.Remove(segment);
        _supply.Remove(segment);
    }

    /// <summary>No sequence number was given above this.</summary>
    private ulong PresentSequence =>
        Math.Max(_manifest.SequenceFloor, _index.Partitions.Max(partition => partition.LastSequence));

    private void WriteManifest(ulong durable, List<Segment> sealedNow, List<Segment> dropped)
    {
        HashSet<ulong> gone = [.. dropped.Select(segment => segment.Id)];
        Manifest next = _manifest with
        {
            DurableEpoch = Math.Max(_manifest.DurableEpoch, durable),
            SequenceFloor = PresentSequence,
            Sealed = [.. _manifest.Sealed.Concat(sealedNow.Select(segment => segment.Id))
                .Where(id => !gone.Contains(id))],
            Dropped = [.. _manifest.Dropped, .. gone],
        };
        next.Write(_options.FileSystem, _folder);
        _manifest = next;
        sealedNow.ForEach(segment => segment.IsSealed = true);
    }

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
