using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Kvs.Commits;
using Kvs.Compaction;
using Kvs.Epochs;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;
using Kvs.Recovery;

namespace Kvs;

/// <summary>
/// The engine <c>kvs</c>: a durable store on a folder, shared by all threads of a process. Values lie in a log of
/// mapped segments, the index of keys in memory; a get takes no lock and makes no system call, a set makes none
/// either (but waits for one at <see cref="Durability.Disk"/>).
/// </summary>
/// <remarks>
/// Thread-safe. The write path:
/// <code>
/// enter epoch, partition lock, room in this processor's lane, copy, stamp and checksum, index slot, unlock, leave
/// </code>
/// Invariants:
/// (1) a record is complete in the log before its slot is stored, so what a reader finds is in the kernel's hands;
/// (2) a record's epoch is read under the locks of its partition and its lane, so neither ever sees epochs descend,
///     and a write that began after another had ended is in the same epoch or a later one;
/// (3) while a thread waits, for room or for a sync, it is in no epoch and holds no lock.
/// </remarks>
public sealed unsafe class KvStore : IKvsEngine
{
    private readonly KvStoreOptions _options;
    private readonly IDisposable _folderLock;
    private readonly EpochGate _gate;
    private readonly Reclaimer _reclaimer;
    private readonly SegmentTable _segments;
    private readonly StoreIndex _index;
    private readonly SegmentSupply _supply;
    private readonly LogWriter _log;
    private readonly GroupCommit _commits;
    private readonly Housekeeper _housekeeper;
    private readonly TimeSpan _openTime;

    private KvStore(string folder, KvStoreOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        using var opener = new StoreOpener(folder, options);
        opener.Open();
        _options = options;
        _gate = opener.Gate;
        _reclaimer = opener.Reclaimer;
        _segments = opener.Segments;
        _index = opener.Index;
        Manifest manifest = opener.Manifest;
        _supply = new SegmentSupply(folder, opener.Secret, _segments, options, manifest.Session, manifest.SegmentFloor,
            _segments.ToList().Sum(segment => (long)segment.Length), options.Lanes);
        _housekeeper = new Housekeeper(folder, options, manifest, _segments, _index, _gate, _reclaimer, _supply);
        _log = new LogWriter(_gate, _supply, options.Lanes,
            (uint)Math.Min(options.FirstSegmentBytes, options.SegmentBytes), () => _commits!.CommitSoon());
        _commits = new GroupCommit(_gate, _log, _supply, _reclaimer, options, _housekeeper.Due);
        _housekeeper.Start(_commits);
        _folderLock = opener.TakeOverLock();
        _openTime = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Opens the store in a folder, which is made if missing, with the default options.</summary>
    /// <exception cref="KvsFolderException">The folder is in use, is another engine's, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">What is stored is not as it was written; nothing was changed.</exception>
    public static KvStore Open(string folder) => Open(folder, new KvStoreOptions());

    /// <summary>Opens the store in a folder, which is made if missing.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="KvsFolderException">The folder is in use, is another engine's, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">What is stored is not as it was written; nothing was changed.</exception>
    public static KvStore Open(string folder, KvStoreOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return new KvStore(Path.GetFullPath(folder), options);
    }

    /// <inheritdoc/>
    public string Name => StoreOpener.EngineName;

    /// <inheritdoc/>
    public Limits Limits => _options.Limits;

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Limits.CheckKey(key.Length);
        Limits.CheckValue(value.Length);
        Write(FrameKind.Put, key, value);
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key)
    {
        Limits.CheckKey(key.Length);
        return Write(FrameKind.Remove, key, value: default);
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            bool isThere = TryFind(key, out FoundRecord found);
            value = isThere ? found.Value.ToArray() : null;
            return isThere;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (!TryFind(key, out FoundRecord found))
            {
                return false;
            }

            destination.Write(found.Value);
            return true;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (!TryFind(key, out FoundRecord found))
            {
                valueBytes = 0;
                return false;
            }

            ReadOnlySpan<byte> value = found.Value;
            valueBytes = value.Length;
            _ = value.TryCopyTo(destination);
            return true;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    public Durability Durability => _options.Durability;
    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options) => throw new NotSupportedException();
    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options) => throw new NotSupportedException();
    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default) => throw new NotSupportedException();
    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options) => throw new NotSupportedException();
    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default) => throw new NotSupportedException();
    public bool TryWrite(WriteBatch batch, Durability? durability = null) => throw new NotSupportedException();
    public ValueTask FlushAsync(CancellationToken cancellation = default) => throw new NotSupportedException();
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info) => throw new NotSupportedException();
    public ValueLease? TryLease(ReadOnlySpan<byte> key) => throw new NotSupportedException();
    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver) where TReceiver : IValueReceiver, allows ref struct => throw new NotSupportedException();
    /// <inheritdoc/>
    public ScanPage Scan(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        EpochSlot epoch = _gate.Enter();
        try
        {
            return IndexScan.ReadPage(_index, cursor, maxEntries, maxBytes);
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public EngineStatistics GetStatistics()
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            List<Segment> segments = _segments.ToList();
            return new EngineStatistics
            {
                Engine = Name,
                Keys = _index.Partitions.Sum(partition => partition.Keys),
                IndexBytes = _index.Partitions.Sum(partition => partition.TableBytes),
                DiskBytes = segments.Sum(segment => (long)segment.Length),
                LiveBytes = segments.Sum(segment => segment.AppendedBytes - segment.DeadBytes) + _log.OpenRecordBytes,
                Segments = segments.Count,
                Commits = _commits.Commits,
                OpenTime = _openTime,
            };
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Makes everything durable that was written before this call, at whatever level; returns when it is.
    /// </summary>
    /// <exception cref="KvsWriteException">It could not be made durable.</exception>
    public void Flush()
    {
        _gate.ThrowIfInside();
        EpochSlot epoch = _gate.Enter();
        ulong present = _gate.Current;
        EpochGate.Leave(epoch);
        _commits.WaitUntilDurable(present);
    }

    /// <summary>
    /// Ends the store: whatever has begun finishes, everything is synced and sealed, and the folder is free for the
    /// next. May be called more than once.
    /// </summary>
    /// <exception cref="KvsWriteException">The last sync failed; what it should have covered may be lost in a power
    /// cut. The folder is free all the same.</exception>
    public void Dispose()
    {
        _gate.ThrowIfInside();
        if (!_gate.Close())
        {
            return;
        }

        try
        {
            _commits.Stop();
            _housekeeper.Stop();
            _supply.Stop();
            _log.Close();
            if (_commits.Poison is null)
            {
                _housekeeper.SealAll(_gate.Current);
                _segments.ToList().ForEach(SegmentSealer.Trim);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KvsDamageException)
        {
            throw new KvsWriteException($"The store was not closed cleanly: {e.Message} " +
                "What the last commit covered is on disk; opening the folder recovers the rest.", isFinal: true, e);
        }
        finally
        {
            _reclaimer.Collect(ulong.MaxValue);
            _segments.ToList().ForEach(segment => segment.Dispose());
            _index.Dispose();
            _folderLock.Dispose();
        }

        _commits.ThrowIfPoisoned();
    }

    private bool TryFind(ReadOnlySpan<byte> key, out FoundRecord found)
    {
        Limits.CheckKey(key.Length);
        return _index.Locate(key, out ulong fraction).TryFind(key, fraction, out found);
    }

    /// <summary>Writes a put or a remove and returns when it has reached the store's durability. False for a remove
    /// of a key that is not there.</summary>
    private bool Write(FrameKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _gate.ThrowIfInside();
        uint length = (uint)Frame.RecordBytes(key.Length, value.Length);
        Segment? dedicated = null;
        bool hasDedicated = false;
        try
        {
            while (true)
            {
                _commits.ThrowIfPoisoned();
                long made = _supply.Made;
                switch (WriteInEpoch(kind, key, value, length, ref dedicated, out ulong stamp))
                {
                    case WriteOutcome.Written:
                        if (_options.Durability == Durability.Disk)
                        {
                            _commits.WaitUntilDurable(stamp);
                        }

                        return true;
                    case WriteOutcome.NotThere:
                        return false;
                    case WriteOutcome.NeedsDedicated:
                        dedicated = _supply.MakeDedicated(length);
                        hasDedicated = true;
                        break;
                    case WriteOutcome.NeedsSegment:
                        _supply.WaitUntilReady(made);
                        break;
                }
            }
        }
        finally
        {
            if (hasDedicated)
            {
                _supply.EndDedicated(unused: dedicated);
            }
        }
    }

    private WriteOutcome WriteInEpoch(FrameKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint length,
        ref Segment? dedicated, out ulong stamp)
    {
        stamp = 0;
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (dedicated is null && _log.NeedsDedicated(length))
            {
                return WriteOutcome.NeedsDedicated;
            }

            int lane = _log.PresentLane;
            Partition partition = _index.Locate(key, out ulong fraction);
            partition.EnterWriter();
            try
            {
                ulong* slot = partition.FindSlot(key, fraction, out FoundRecord replaced);
                bool isThere = slot != null;
                if (!isThere)
                {
                    if (kind == FrameKind.Remove)
                    {
                        return WriteOutcome.NotThere;
                    }

                    slot = partition.MakeSlot(fraction);
                }

                if (!_log.TryTake(lane, length, dedicated, out Room room))
                {
                    return WriteOutcome.NeedsSegment;
                }

                dedicated = null;
                stamp = room.Epoch;
                Frame.WriteRecord(room.Frame, length, kind, stamp, partition.NextSequence(), key, value);
                Frame.Finish(room.Frame, length, length, room.Segment.Salt, room.Offset);
                if (kind == FrameKind.Put)
                {
                    partition.Publish(slot, fraction, SegmentTable.PositionOf(room.Segment, room.Offset));
                }
                else
                {
                    partition.Unpublish(slot);
                }

                if (isThere)
                {
                    replaced.Segment.AddDead(lane, replaced.Length);
                }

                return WriteOutcome.Written;
            }
            finally
            {
                partition.ExitWriter();
            }
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    private enum WriteOutcome
    {
        Written,
        NotThere,
        NeedsSegment,
        NeedsDedicated,
    }
}
