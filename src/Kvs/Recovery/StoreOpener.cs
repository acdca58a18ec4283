using System.Diagnostics;
using Kvs.Files;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// Opens a folder: takes its lock, verifies everything in it, recovers what the session before left, and fills the
/// index. Until <see cref="SessionRecovery.Repair"/>, nothing in the folder is changed, so that whatever goes wrong
/// before leaves it as it was.
/// </summary>
internal sealed class StoreOpener : IDisposable
{
    /// <summary>After a power cut, versions that clients have seen may be gone from the log. Numbers so far above
    /// them are not given twice.</summary>
    internal const ulong SequenceGapAfterPowerCut = 1UL << 32;

    /// <summary>The same for epochs, which move on without a commit where memory waits to be freed: at most a few
    /// thousand times a second, for <see cref="KvStoreOptions.SyncInterval"/> at most.</summary>
    internal const ulong EpochGapAfterPowerCut = 1UL << 24;

    private readonly string _folder;
    private readonly KvStoreOptions _options;
    private readonly IFileSystem _files;
    private readonly List<Segment> _opened = [];
    private IDisposable? _lock;

    internal StoreOpener(string folder, KvStoreOptions options)
    {
        _folder = folder;
        _options = options;
        _files = options.FileSystem;
        Reclaimer = new Reclaimer(Gate);
    }

    /// <summary>The engine's name, as its folders bear it.</summary>
    internal const string EngineName = "kvs";

    internal EpochGate Gate { get; } = new(1, nameof(KvStore));

    internal Reclaimer Reclaimer { get; }

    internal SegmentTable Segments { get; } = new();

    internal LogSecret Secret { get; private set; }

    internal StoreIndex Index { get; private set; } = null!;

    /// <summary>The manifest of the session that begins; durable.</summary>
    internal Manifest Manifest { get; private set; } = null!;

    /// <summary>What it took to recover what a session left that did not end well; null where there was none.</summary>
    internal RecoveryStatistics? Recovery { get; private set; }

    /// <summary>Segments of which all was read, because their footers could not be used.</summary>
    internal int RebuiltSegments { get; private set; }

    /// <summary>Does all of it.</summary>
    /// <exception cref="KvsFolderException">The folder cannot be a store's, or is in use.</exception>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal void Open()
    {
        FolderClaim claim = FolderClaim.Take(_files, _folder, EngineName, _options.NewSecret);
        _lock = claim.Lock;
        Secret = claim.Marker.Secret;
        Index = new StoreIndex(Segments, Reclaimer, Secret.HashSeed, _options.Partitions);
        try
        {
            Recover();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KvsFolderException(_folder, $"{_folder} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Hands the lock over to the store, which frees it when it is closed.</summary>
    internal IDisposable TakeOverLock()
    {
        IDisposable held = _lock!;
        _lock = null;
        _opened.Clear();
        return held;
    }

    /// <summary>Frees everything that was not handed over.</summary>
    public void Dispose()
    {
        if (_lock is not null)
        {
            Reclaimer.Collect(ulong.MaxValue);
            Index?.Dispose();
            _opened.ForEach(segment => segment.Dispose());
            _lock.Dispose();
        }
    }

    private void Recover()
    {
        IReadOnlyList<string> names = _files.List(_folder);
        Manifest? before = Manifest.TryRead(_files, _folder);
        List<ulong> present = [];
        foreach (string name in names)
        {
            if (FolderNames.TryParseSegment(name, out ulong id))
            {
                present.Add(id);
            }
        }

        if (before is null && present.Count > 0)
        {
            throw new KvsDamageException(Path.Combine(_folder, FolderNames.Manifest), 0,
                "there are segments, but the manifest is missing");
        }

        using var loader = new IndexLoader(Index, _options.Events);
        before ??= new Manifest
        {
            Session = 0, BootId = _files.BootId, DurableEpoch = 0, SequenceFloor = 0, SegmentFloor = 1, Sealed = [],
        };
        List<SealedSegment> complete = AddSealed(before, present, loader);
        List<ulong> kept = [.. before.Sealed];
        HashSet<ulong> settled = [.. before.Sealed, .. before.Dropped];
        List<ulong> own = present.FindAll(id => id >= before.SegmentFloor && !settled.Contains(id));
        bool isPowerCut = before.BootId != _files.BootId;
        ulong highestEpoch = loader.HighestEpoch;
        if (own.Count > 0)
        {
            long begin = Stopwatch.GetTimestamp();
            List<CommitRecord> commits = [.. complete
                .Where(segment => segment.Segment.Header.Session == before.Session)
                .SelectMany(segment => segment.ReadCommits())];
            foreach (ulong id in RecoverSession(before, own, isPowerCut, commits, ref highestEpoch))
            {
                _ = loader.Add(OpenSegment(id, Segments));
                kept.Add(id);
            }

            Recovery = Recovery! with { Time = Stopwatch.GetElapsedTime(begin) };
            _options.Events.Recovered(Recovery);
        }

        loader.FillIndex();
        RebuiltSegments = loader.RebuiltSegments;
        BeginSession(before, kept, loader, highestEpoch, isPowerCut && own.Count > 0);
        Segments.ToList().ForEach(segment => SegmentSealer.TryTrim(segment, _options.Events.Warn));
        RemoveLeftovers(names, kept);
    }

    /// <summary>Takes the segments that are complete, and verifies their footers: before anything is changed.
    /// </summary>
    private List<SealedSegment> AddSealed(Manifest before, List<ulong> present, IndexLoader loader)
    {
        List<SealedSegment> complete = [];
        var known = present.ToHashSet();
        foreach (ulong id in before.Sealed)
        {
            if (!known.Contains(id))
            {
                throw new KvsDamageException(Path.Combine(_folder, FolderNames.Segment(id)), 0,
                    "the segment is missing, and the manifest says that it must be there");
            }

            complete.Add(loader.Add(OpenSegment(id, Segments)));
        }

        loader.LoadEntries();
        return complete;
    }

    /// <summary>Recovers the segments of the session before; returns those in which something is.</summary>
    private List<ulong> RecoverSession(Manifest before, List<ulong> own, bool isPowerCut, List<CommitRecord> commits,
        ref ulong highestEpoch)
    {
        // Mapped for this purpose alone: repairing makes files longer, and what is kept is then opened like any other.
        List<Segment> segments = own.ConvertAll(id => OpenSegment(id, table: null));
        ulong settledEpoch = before.Sealed.Count == 0 ? 0 : highestEpoch;
        var recovery = new SessionRecovery(_folder, segments, Index.Seeds, before, isPowerCut, settledEpoch,
            commits);
        recovery.Analyze();
        List<ulong> kept = recovery.Repair(_options.Events.Warn).ConvertAll(segment => segment.Id);
        highestEpoch = Math.Max(highestEpoch, recovery.HighestEpoch);
        segments.ForEach(segment => segment.Dispose());
        Recovery = new RecoveryStatistics(isPowerCut, recovery.Holes, recovery.DroppedBytes, Time: default);
        return kept;
    }

    private Segment OpenSegment(ulong id, SegmentTable? table)
    {
        Segment segment = SegmentFile.Open(_files, _folder, id, Secret, isWritable: true, table, _options.Lanes);
        _opened.Add(segment);
        return segment;
    }

    private void BeginSession(Manifest before, List<ulong> kept, IndexLoader loader, ulong highestEpoch, bool hasGap)
    {
        ulong sequence = Math.Max(before.SequenceFloor, loader.HighestSequence) +
            (hasGap ? SequenceGapAfterPowerCut : 0);
        foreach (Partition partition in Index.Partitions)
        {
            partition.RaiseSequence(sequence);
        }

        ulong epoch = Math.Max(Math.Max(before.DurableEpoch, highestEpoch), loader.HighestEpoch) + 1 +
            (hasGap ? EpochGapAfterPowerCut : 0);
        Gate.StartAt(epoch + 1);
        IEnumerable<ulong> all = [.. before.Sealed, .. before.Dropped, .. kept, .. UsedNumbers()];
        Manifest = new Manifest
        {
            Session = before.Session + 1,
            BootId = _files.BootId,
            DurableEpoch = epoch,
            SequenceFloor = sequence,
            SegmentFloor = Math.Max(before.SegmentFloor, all.DefaultIfEmpty().Max() + 1),
            Sealed = kept,
        };
        Manifest.Write(_files, _folder);
    }

    /// <summary>The numbers of all segments whose files are there, unfinished ones included.</summary>
    private IEnumerable<ulong> UsedNumbers()
    {
        foreach (string name in _files.List(_folder))
        {
            if (FolderNames.IsUnfinished(name, out ulong id) || FolderNames.TryParseSegment(name, out id))
            {
                yield return id;
            }
        }
    }

    /// <summary>Removes files that mean nothing: unfinished ones, empty segments, and those that were dropped.
    /// </summary>
    private void RemoveLeftovers(IReadOnlyList<string> names, List<ulong> kept)
    {
        var keep = kept.ToHashSet();
        foreach (string name in names)
        {
            bool isUnfinished = FolderNames.IsUnfinished(name, out ulong id);
            if (isUnfinished || (FolderNames.TryParseSegment(name, out id) && !keep.Contains(id)))
            {
                string path = Path.Combine(_folder, name);
                if (_files.GetKind(path) == PathKind.File)
                {
                    _files.Unlink(path);
                }
            }
        }
    }
}
