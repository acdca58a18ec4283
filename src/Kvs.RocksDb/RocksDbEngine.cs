using System.Buffers;
using System.Runtime.CompilerServices;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.RocksDb.Native;
using Kvs.RocksDb.Rows;

namespace Kvs.RocksDb;

/// <summary>
/// The engine <c>rocksdb</c>: the contract of an engine on top of RocksDB, the system's own library. There to be
/// measured against, and for who trusts nothing younger.
/// </summary>
/// <remarks>
/// Any thread may call any member at any time.
/// 1. A write holds the lock of its key from the look at what is there until RocksDB has it, so what a condition saw is
///    still so, and versions ascend in the order in which RocksDB makes the writes. A batch holds the locks of all its
///    keys. A write that is to reach the disk waits for the sync with its lock held: RocksDB gathers those that wait.
/// 2. Reads take no lock of the engine's. The clock is looked at before or again after a row is, so that a moment that
///    was put off in time is never missed.
/// 3. Nobody is in RocksDB when it is closed: every call enters <see cref="_gate"/>, and disposing closes that first.
/// 4. After a failed write or sync no more writes are handed to RocksDB (<see cref="_poison"/>).
/// RocksDB's log is on at every durability, and a write has handed its record to the kernel when it returns.
/// </remarks>
public sealed partial class RocksDbEngine : IKvsEngine
{
    /// <summary>The engine's name, as its folders bear it.</summary>
    public const string EngineName = "rocksdb";

    /// <summary>A write of many goes to RocksDB in parts of so many entries, or so many bytes where that is less: more
    /// would be hardly faster, and hold most of the locks.</summary>
    private const int MaxEntriesTogether = 256;

    private const long MaxBytesTogether = 4 * 1024 * 1024;

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public Limits Limits => _options.Limits;

    /// <inheritdoc/>
    public Durability Durability => _options.Durability;

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => TrySet(key, value, default);

    /// <inheritdoc/>
    [SkipLocalsInit]
    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        using Inside inside = Enter();
        Limits.CheckKey(key.Length);
        Limits.CheckValue(value.Length);
        long expiry = options.ExpiryAt(_options.Clock);
        ulong hash = HashOf(key);
        using var rowKey = new RowKey(hash, key, stackalloc byte[RowKey.UsualBytes]);
        lock (_locks.Of(hash))
        {
            ThrowIfPoisoned();
            if (options.KeepsExpiry || options.Condition != default)
            {
                using PinnedRow pinned = _database.Get(rowKey.Bytes);
                StoredRow present = PresentOf(pinned);
                if (!options.Condition.Holds(present.Version))
                {
                    return new WriteResult(IsDone: false, present.Version);
                }

                expiry = options.KeepsExpiry ? present.Expiry : expiry;
            }

            using var batch = new RowBatch();
            ulong version = AddSet(batch, rowKey.Bytes, value, expiry);
            Commit(batch, options.Durability ?? Durability);
            return new WriteResult(IsDone: true, version);
        }
    }

    /// <inheritdoc/>
    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        Limits.CheckKey(key.Length);
        Limits.CheckValue(valueBytes);
        using IMemoryOwner<byte> buffer = MemoryPool<byte>.Shared.Rent(valueBytes);
        Span<byte> bytes = buffer.Memory.Span[..valueBytes];
        value.ReadExactly(bytes);
        return TrySet(key, bytes, options);
    }

    /// <inheritdoc/>
    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default)
    {
        using Inside inside = Enter();
        options.CheckUnconditional();
        long expiry = options.ExpiryAt(_options.Clock);
        while (!entries.IsEmpty)
        {
            int count = CountTogether(entries);
            SetTogether(entries[..count], expiry, options);
            entries = entries[count..];
            if (count == 0)
            {
                // What comes before the one that is refused is stored by now.
                Limits.CheckKey(entries[0].Key.Length);
                Limits.CheckValue(entries[0].Value.Length);
            }
        }
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key) => TryRemove(key, default).IsDone;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options)
    {
        using Inside inside = Enter();
        Limits.CheckKey(key.Length);
        options.CheckForRemoval();
        ulong hash = HashOf(key);
        using var rowKey = new RowKey(hash, key, stackalloc byte[RowKey.UsualBytes]);
        lock (_locks.Of(hash))
        {
            ThrowIfPoisoned();
            ulong version = PresentVersion(rowKey.Bytes);
            if (version == 0 || !options.Condition.Holds(version))
            {
                return new WriteResult(IsDone: false, version);
            }

            using var batch = new RowBatch();
            batch.Remove(rowKey.Bytes);
            Commit(batch, options.Durability ?? Durability);
            return new WriteResult(IsDone: true, Version: 0);
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        using Inside inside = Enter();
        Limits.CheckKey(key.Length);
        options.CheckUnconditional();
        long expiry = options.ExpiryAt(_options.Clock);
        Span<byte> text = stackalloc byte[StoredNumber.MaxBytes];
        ulong hash = HashOf(key);
        using var rowKey = new RowKey(hash, key, stackalloc byte[RowKey.UsualBytes]);
        lock (_locks.Of(hash))
        {
            ThrowIfPoisoned();
            long sum;
            using (PinnedRow pinned = _database.Get(rowKey.Bytes))
            {
                StoredRow present = PresentOf(pinned);
                sum = present.IsThere ? StoredNumber.Add(key, present.Value, delta) : delta;
                expiry = expiry == 0 ? present.Expiry : expiry;
            }

            using var batch = new RowBatch();
            AddSet(batch, rowKey.Bytes, text[..StoredNumber.Write(sum, text)], expiry);
            Commit(batch, options.Durability ?? Durability);
            return sum;
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool TryWrite(WriteBatch batch, Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using Inside inside = Enter();
        batch.Check(Limits);
        ulong[] hashes = [.. batch.Items.Select(item => HashOf(batch.KeyOf(item)))];
        Span<byte> room = stackalloc byte[RowKey.UsualBytes];
        using RowLocks.Held held = _locks.Enter(hashes, stackalloc ulong[RowLocks.SetWords]);
        ThrowIfPoisoned();
        for (int i = 0; i < hashes.Length; i++)
        {
            WriteBatch.Item item = batch.Items[i];
            if (item.Kind == WriteBatch.ItemKind.Require)
            {
                using var rowKey = new RowKey(hashes[i], batch.KeyOf(item), room);
                if (PresentVersion(rowKey.Bytes) != item.Version)
                {
                    return false;
                }
            }
        }

        using var rows = new RowBatch();
        for (int i = 0; i < hashes.Length; i++)
        {
            WriteBatch.Item item = batch.Items[i];
            using var rowKey = new RowKey(hashes[i], batch.KeyOf(item), room);
            if (item.Kind == WriteBatch.ItemKind.Set)
            {
                long expiry = new WriteOptions { ExpiresAt = item.ExpiresAt }.ExpiryAt(_options.Clock);
                AddSet(rows, rowKey.Bytes, batch.ValueOf(item), expiry);
            }
            else if (item.Kind == WriteBatch.ItemKind.Remove)
            {
                rows.Remove(rowKey.Bytes);
            }
        }

        Commit(rows, durability ?? Durability);
        return true;
    }

    /// <summary>How many entries go to RocksDB as one: none that is beyond the limits among them.</summary>
    private int CountTogether(ReadOnlySpan<KvsEntry> entries)
    {
        int count = 0;
        for (long bytes = 0; count < Math.Min(entries.Length, MaxEntriesTogether) && bytes < MaxBytesTogether; count++)
        {
            (int keyBytes, int valueBytes) = (entries[count].Key.Length, entries[count].Value.Length);
            if (keyBytes < 1 || keyBytes > Limits.MaxKeyBytes || valueBytes > Limits.MaxValueBytes)
            {
                break;
            }

            bytes += keyBytes + valueBytes;
        }

        return count;
    }

    [SkipLocalsInit]
    private void SetTogether(ReadOnlySpan<KvsEntry> entries, long expiry, in WriteOptions options)
    {
        Span<ulong> hashes = stackalloc ulong[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            hashes[i] = HashOf(entries[i].Key.Span);
        }

        Span<byte> room = stackalloc byte[RowKey.UsualBytes];
        using RowLocks.Held held = _locks.Enter(hashes, stackalloc ulong[RowLocks.SetWords]);
        ThrowIfPoisoned();
        using var rows = new RowBatch();
        for (int i = 0; i < entries.Length; i++)
        {
            using var rowKey = new RowKey(hashes[i], entries[i].Key.Span, room);
            long kept = 0;
            if (options.KeepsExpiry)
            {
                // Of a key that is here twice, the first keeps what the second would find.
                using PinnedRow pinned = _database.Get(rowKey.Bytes);
                kept = PresentOf(pinned).Expiry;
            }

            AddSet(rows, rowKey.Bytes, entries[i].Value.Span, options.KeepsExpiry ? kept : expiry);
        }

        Commit(rows, options.Durability ?? Durability);
    }

    /// <summary>Adds a set to a batch, and returns its version. Under the key's lock.</summary>
    private ulong AddSet(in RowBatch batch, ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> value, long expiry)
    {
        ulong version = NextVersion();
        if (expiry != 0 && StoredRow.HasExpired(expiry, Now))
        {
            // Nobody may see it, and a scan that has looked at the clock a while ago would.
            batch.Remove(rowKey);
            return version;
        }

        Span<byte> header = stackalloc byte[StoredRow.HeaderBytes];
        StoredRow.WriteHeader(header, version, expiry);
        batch.Put(rowKey, header, value);
        return version;
    }

    private ulong PresentVersion(ReadOnlySpan<byte> rowKey)
    {
        using PinnedRow pinned = _database.Get(rowKey);
        return PresentOf(pinned).Version;
    }

    /// <summary>The row of a key that is there; none where it has expired. Under the key's lock.</summary>
    private StoredRow PresentOf(PinnedRow pinned)
    {
        StoredRow row = StoredRow.Of(pinned, _folder);
        return HasExpired(row) ? default : row;
    }

    private ulong NextVersion()
    {
        try
        {
            return _versions.Next();
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Poison("A bound of versions could not be stored", e);
        }
    }

    /// <summary>Hands writes to RocksDB, and returns when they have reached a level.</summary>
    private void Commit(in RowBatch batch, Durability durability)
    {
        try
        {
            _database.Write(batch, sync: durability == Durability.Disk);
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Poison("A write failed", e);
        }

        if (durability != Durability.Disk)
        {
            _sync.SyncWithin(durability == Durability.Interval ? _options.SyncInterval : s_longestInterval);
        }
    }

    private ulong HashOf(ReadOnlySpan<byte> key) => KeyHash.Compute(key, _hashSeed);

    private bool HasExpired(in StoredRow row)
    {
        long expiry = row.Expiry;
        return expiry != 0 && StoredRow.HasExpired(expiry, Now);
    }

    /// <summary>Unix milliseconds.</summary>
    private long Now => _options.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private Inside Enter() => new(_gate.Enter());

    /// <summary>A call that is under way: RocksDB is not closed before it has left.</summary>
    private readonly ref struct Inside(EpochSlot slot) : IDisposable
    {
        public void Dispose() => EpochGate.Leave(slot);
    }
}
