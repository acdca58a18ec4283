using System.Runtime.CompilerServices;
using Kvs.Admin;
using Kvs.Commits;
using Kvs.Compaction;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;
using Kvs.Recovery;
using Kvs.Writes;

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
public sealed unsafe partial class KvStore : IKvsEngine
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
    private readonly Compaction.Compaction _compaction;
    private readonly ExpirySweep _expiry;
    private readonly KvStoreStatistics _opening;
    private readonly ulong _numbersAtOpening;
    private long _expiredKeys;
    private readonly HotBackup _backup;

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
    public Durability Durability => _options.Durability;

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Limits.CheckKey(key.Length);
        Limits.CheckValue(value.Length);
        var write = new SingleWrite { Kind = FrameKind.Put, Key = key, Value = value };
        _ = Write(ref write, Durability);
    }

    /// <inheritdoc/>
    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        Limits.CheckKey(key.Length);
        Limits.CheckValue(value.Length);
        var write = new SingleWrite
        {
            Kind = FrameKind.Put,
            Key = key,
            Value = value,
            Condition = options.Condition,
            Expiry = options.ExpiryAt(_options.Clock),
            KeepsExpiry = options.KeepsExpiry,
        };
        return Write(ref write, options.Durability ?? Durability);
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key) => TryRemove(key, default).IsDone;

    /// <inheritdoc/>
    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options)
    {
        Limits.CheckKey(key.Length);
        options.CheckForRemoval();
        var write = new SingleWrite { Kind = FrameKind.Remove, Key = key, Condition = options.Condition };
        WriteResult result = Write(ref write, options.Durability ?? Durability);
        return result.IsDone ? new WriteResult(true, 0) : result;
    }

    /// <inheritdoc/>
    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        Limits.CheckKey(key.Length);
        options.CheckUnconditional();
        long expiry = options.ExpiryAt(_options.Clock);
        var write = new SingleWrite
        {
            Kind = FrameKind.Put,
            Key = key,
            Number = stackalloc byte[StoredNumber.MaxBytes],
            Delta = delta,
            Expiry = expiry,
            KeepsExpiry = expiry == 0,
        };
        _ = Write(ref write, options.Durability ?? Durability);
        return write.Sum;
    }

    /// <inheritdoc/>
    public void Flush()
    {
        _gate.ThrowIfInside();
        _commits.WaitUntilDurable(PresentEpoch());
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation = default) =>
        _commits.WaitUntilDurableAsync(PresentEpoch(), cancellation);

    /// <inheritdoc/>
    public bool FlushThen(Action<Exception?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        return _commits.TryTellWhenDurable(PresentEpoch(), done);
    }

    /// <summary>An epoch no earlier than that of any write which has ended.</summary>
    private ulong PresentEpoch()
    {
        EpochSlot epoch = _gate.Enter();
        ulong present = _gate.Current;
        EpochGate.Leave(epoch);
        return present;
    }

    /// <summary>Makes a write and returns when it has reached its durability.</summary>
    private WriteResult Write(ref SingleWrite write, Durability durability)
    {
        _gate.ThrowIfInside();
        try
        {
            while (true)
            {
                _commits.ThrowIfPoisoned();
                long made = _supply.Made;
                switch (WriteInEpoch(ref write))
                {
                    case WriteOutcome.Written:
                        NoteExpiry(write.Expiry);
                        AwaitDurability(durability, write.Epoch);
                        return new WriteResult(true, write.Version);
                    case WriteOutcome.Refused:
                        return new WriteResult(false, write.Version);
                    case WriteOutcome.NeedsPreparing:
                        EndPrepared(write.Prepared);
                        write.Prepared = null;
                        Prepare(ref write, write.Value.Length, write.Value, static (value, room) => value.CopyTo(room));
                        break;
                    case WriteOutcome.NeedsSegment:
                        _supply.WaitUntilReady(made, isFirst: write.IsSweep);
                        break;
                }
            }
        }
        finally
        {
            EndPrepared(write.Prepared);
        }
    }

    private WriteOutcome WriteInEpoch(ref SingleWrite write)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            int lane = _log.PresentLane;
            Partition partition = _index.Locate(write.Key, out ulong fraction);
            partition.EnterWriter();
            try
            {
                FoundRecord replaced;
                ulong* slot = write.IsBlind
                    ? partition.FindSlotToReplace(write.Key, fraction, out replaced)
                    : partition.FindSlot(write.Key, fraction, out replaced);
                bool isReplacing = slot != null;
                if (!write.IsBlind && !write.Decide(isReplacing && HasExpired(replaced) == write.IsSweep, replaced))
                {
                    return WriteOutcome.Refused;
                }

                uint length = write.RecordBytes;
                if (write.Prepared is null ? _log.NeedsDedicated(length) : write.Prepared.Expiry != write.Expiry)
                {
                    return WriteOutcome.NeedsPreparing;
                }

                if (!isReplacing)
                {
                    slot = partition.MakeSlot(fraction);
                }

                bool hasRoom = write.IsSweep
                    ? _log.TryTakeCopy(length, out Room room)
                    : _log.TryTake(lane, length, write.Prepared?.Segment, out room);
                if (!hasRoom)
                {
                    return WriteOutcome.NeedsSegment;
                }

                write.Epoch = room.Epoch;
                write.Version = partition.NextSequence();
                FillRoom(in write, room, length);
                if (write.Kind == FrameKind.Put)
                {
                    partition.Publish(slot, fraction, SegmentTable.PositionOf(room.Segment, room.Offset));
                }
                else
                {
                    partition.Unpublish(slot);
                }

                if (isReplacing)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FillRoom(in SingleWrite write, Room room, uint length)
    {
        if (write.Prepared is { } prepared)
        {
            prepared.IsTaken = true;
            prepared.Finish(room.Epoch, write.Version);
            return;
        }

        Frame.WriteRecord(room.Frame, length, write.Kind, room.Epoch, write.Version, write.Key, write.Value,
            write.Expiry);
        Frame.Finish(room.Frame, length, length, room.Segment.Salt, room.Offset);
    }

    /// <summary>Returns when what is stamped with an epoch has reached a level.</summary>
    private void AwaitDurability(Durability durability, ulong epoch)
    {
        if (durability == Durability.Disk)
        {
            _commits.WaitUntilDurable(epoch);
        }
        else if (durability == Durability.Interval)
        {
            _commits.CommitWithinInterval();
        }
    }

    /// <summary>Removes a key if it has expired. For the sweep.</summary>
    private void RemoveExpired(ReadOnlySpan<byte> key)
    {
        var write = new SingleWrite { Kind = FrameKind.Remove, Key = key, IsSweep = true };
        if (Write(ref write, Durability.Process).IsDone)
        {
            Volatile.Write(ref _expiredKeys, _expiredKeys + 1);
        }
    }

    /// <summary>Lets the sweep know of a record that expires. Behind its publication, so that a sweep which has passed
    /// it by is followed by another.</summary>
    private void NoteExpiry(long expiry)
    {
        if (expiry != 0)
        {
            bool isFirst = !_expiry.HasExpiring;
            _expiry.Note(expiry);
            if (isFirst)
            {
                _housekeeper.Due();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasExpired(in FoundRecord record)
    {
        long expiry = record.Expiry;
        return expiry != 0 && expiry <= Now;
    }

    /// <summary>Unix milliseconds.</summary>
    private long Now => _options.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private enum WriteOutcome
    {
        Written,
        Refused,
        NeedsSegment,
        NeedsPreparing,
    }
}
