using System.Collections.Concurrent;
using System.Diagnostics;
using Kvs.Commits;
using Kvs.Epochs;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// Keeps the folder in order behind the writers' backs: seals segments that are full and durable, and drops those in
/// which no record is needed any more. Keeps the manifest.
/// </summary>
/// <remarks>
/// Works on a thread of its own, and on the thread that closes the store, after its own has ended. Invariants:
/// (1) a segment is sealed only when no lane has a chunk in it and its last epoch is durable;
/// (2) a segment is dropped only when what replaced its records is durable, in whatever segment that lies;
/// (3) its file goes only after the manifest, on disk, says so, and after the last reader that may look at it has left.
/// A tombstone counts as needed for as long as the store is open: an older record of its key may lie anywhere.
/// </remarks>
internal sealed class Housekeeper
{
    /// <summary>Looking around more often finds nothing: a segment takes longer to fill. At the level Disk, there are
    /// thousands of commits a second.</summary>
    private static readonly TimeSpan s_leastInterval = TimeSpan.FromMilliseconds(20);

    private readonly string _folder;
    private readonly KvStoreOptions _options;
    private readonly SegmentTable _segments;
    private readonly StoreIndex _index;
    private readonly EpochGate _gate;
    private readonly Reclaimer _reclaimer;
    private readonly SegmentSupply _supply;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Segment> _removable = new();

    // Guarded by the monitor. Due from the start: what was opened may hold dead segments.
    private readonly object _monitor = new();
    private bool _isDue = true;
    private bool _isStopping;

    // The thread's own.
    private readonly HashSet<Segment> _retired = [];
    private readonly Dictionary<Segment, ulong> _deadSince = [];
    private Manifest _manifest;
    private GroupCommit _commits = null!;

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
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs housekeeper" };
    }

    /// <summary>Starts the thread.</summary>
    internal void Start(GroupCommit commits)
    {
        _commits = commits;
        _thread.Start();
    }

    /// <summary>Lets the thread look around soon; waits for nothing.</summary>
    internal void Due()
    {
        lock (_monitor)
        {
            _isDue = true;
            Monitor.Pulse(_monitor);
        }
    }

    /// <summary>Ends the thread.</summary>
    internal void Stop()
    {
        lock (_monitor)
        {
            _isStopping = true;
            Monitor.Pulse(_monitor);
        }

        _thread.Join();
    }

    /// <summary>Seals all that is left, when nobody uses the store any more. It is then a clean one.</summary>
    internal void SealAll(ulong lastEpoch)
    {
        List<Segment> open = _segments.ToList().FindAll(segment => !segment.IsSealed && !_retired.Contains(segment));
        List<Segment> sealedNow = open.FindAll(TrySeal);
        WriteManifest(lastEpoch, sealedNow, []);

        // What is left has nothing in it, or was dropped and waited for its last reader.
        foreach (Segment segment in open.Except(sealedNow).Concat(_retired).ToList())
        {
            Remove(segment);
        }
    }

    private void Run()
    {
        while (true)
        {
            lock (_monitor)
            {
                while (!_isDue && !_isStopping)
                {
                    Monitor.Wait(_monitor);
                }

                long begin = Stopwatch.GetTimestamp();
                while (!_isStopping && Stopwatch.GetElapsedTime(begin) < s_leastInterval)
                {
                    _ = Monitor.Wait(_monitor, s_leastInterval);
                }

                if (_isStopping)
                {
                    return;
                }

                _isDue = false;
            }

            while (_removable.TryDequeue(out Segment? segment))
            {
                Remove(segment);
            }

            if (_commits.Poison is null)
            {
                SealAndDrop();
            }
        }
    }

    private void SealAndDrop()
    {
        List<Segment> all = _segments.ToList();
        ulong durable = _commits.DurableEpoch;
        List<Segment> sealedNow;
        try
        {
            sealedNow = all.FindAll(segment => IsComplete(segment, durable) && TrySeal(segment));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KvsDamageException)
        {
            _commits.PoisonWith(e);
            return;
        }

        List<Segment> dropped = all.FindAll(segment =>
            (segment.IsSealed || sealedNow.Contains(segment)) && IsDead(segment, durable));
        if (sealedNow.Count + dropped.Count == 0)
        {
            return;
        }

        try
        {
            WriteManifest(durable, sealedNow, dropped);
            dropped.ForEach(Retire);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost: the manifest before is as true as this one would be. Tried again after the next commit.
            _options.Tell($"The manifest could not be written, and will be later: {e.Message}");
        }
    }

    private static bool IsComplete(Segment segment, ulong durable) =>
        !segment.IsSealed && segment.IsFull && segment.OpenChunks == 0 &&
        segment.LastEpoch != 0 && segment.LastEpoch <= durable;

    private bool TrySeal(Segment segment) => SegmentSealer.TrySeal(segment, _index.Seeds, _options.Tell);

    /// <summary>Whether nothing in a segment is needed, and what replaced it is durable.</summary>
    private bool IsDead(Segment segment, ulong durable)
    {
        if (_retired.Contains(segment))
        {
            return false;
        }

        if (_deadSince.TryGetValue(segment, out ulong since))
        {
            return since <= durable;
        }

        if (segment.AppendedBytes == segment.DeadBytes)
        {
            // Read behind the count: whatever replaced the last record is stamped no later than this.
            _deadSince.Add(segment, _gate.Current);
            _commits.CommitSoon();
        }

        return false;
    }

    private void Retire(Segment segment)
    {
        _deadSince.Remove(segment);
        _retired.Add(segment);
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

    private void WriteManifest(ulong durable, List<Segment> sealedNow, List<Segment> dropped)
    {
        HashSet<ulong> gone = [.. dropped.Select(segment => segment.Id)];
        Manifest next = _manifest with
        {
            DurableEpoch = Math.Max(_manifest.DurableEpoch, durable),
            SequenceFloor = Math.Max(_manifest.SequenceFloor,
                _index.Partitions.Max(partition => partition.LastSequence)),
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
