using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kvs.Index;

namespace Kvs.Memory;

/// <summary>
/// The engine <c>memory</c>: keeps nothing beyond the process. The store of a pure cache, and what other engines are
/// compared with in tests.
/// </summary>
/// <remarks>
/// Any thread may call any member at any time.
/// 1. A key belongs to the shard that the top bits of its hash name, so that going through the shards by number and
///    through each by hash is going through all entries in the order of their hashes. That order is a scan's, and
///    an entry never changes its place in it, however the shards grow.
/// 2. Reads take no lock; writers of one shard take turns. A batch holds the locks of all its shards, taken in the
///    order of their numbers, so that no two batches wait for each other.
/// 3. <see cref="_shards"/> becomes null once, when the engine is disposed.
/// 4. No thread of its own: what has expired is dropped by the next writer of its shard, by a reader that meets it,
///    or when statistics are asked for.
/// </remarks>
public sealed class MemoryEngine : IKvsEngine
{
    private const int ShardBits = 10;
    private const int ShardCount = 1 << ShardBits;

    /// <summary>A page ends after so many entries that the caller did not ask for: no call goes through everything in
    /// search of the few keys that begin with a prefix.</summary>
    private const int MaxSkippedEntries = 10_000;

    private readonly TimeProvider _clock;
    private readonly ulong _seed;
    private MemoryShard[]? _shards;

    /// <summary>Makes an empty store.</summary>
    /// <param name="limits">How long keys and values may be; <see cref="Limits.Default"/> when null.</param>
    /// <param name="clock">Says what has expired; the system's when null.</param>
    public MemoryEngine(Limits? limits = null, TimeProvider? clock = null)
    {
        Limits = limits ?? Limits.Default;
        _clock = clock ?? TimeProvider.System;

        // Nobody outside can make keys that collide without knowing the seed.
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref _seed)));
        _shards = new MemoryShard[ShardCount];
        for (int i = 0; i < ShardCount; i++)
        {
            _shards[i] = new MemoryShard(_clock);
        }
    }

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public Limits Limits { get; }

    /// <inheritdoc/>
    public Durability Durability => Durability.Process;

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => TrySet(key, value, default);

    /// <inheritdoc/>
    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        MemoryShard shard = FindShard(key, out HashedKey hashed);
        Limits.CheckValue(value.Length);
        return shard.Set(hashed, value.ToArray(), options);
    }

    /// <inheritdoc/>
    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        MemoryShard shard = FindShard(key, out HashedKey hashed);
        Limits.CheckValue(valueBytes);
        byte[] bytes = new byte[valueBytes];
        value.ReadExactly(bytes);
        return shard.Set(hashed, bytes, options);
    }

    /// <inheritdoc/>
    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default)
    {
        GetShards();
        options.CheckUnconditional();
        foreach (KvsEntry entry in entries)
        {
            TrySet(entry.Key.Span, entry.Value.Span, options);
        }
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key) => TryRemove(key, default).IsDone;

    /// <inheritdoc/>
    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options)
    {
        MemoryShard shard = FindShard(key, out HashedKey hashed);
        options.CheckForRemoval();
        return shard.Remove(hashed, options.Condition);
    }

    /// <inheritdoc/>
    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        MemoryShard shard = FindShard(key, out HashedKey hashed);
        options.CheckUnconditional();
        return shard.Increment(hashed, delta, options);
    }

    /// <inheritdoc/>
    public bool TryWrite(WriteBatch batch, Durability? durability = null)
    {
        MemoryShard[] shards = GetShards();
        batch.Check(Limits);
        ulong[] hashes = new ulong[batch.Count];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = KeyHash.Compute(batch.KeyOf(batch.Items[i]), _seed);
        }

        MemoryShard[] concerned = [.. hashes.Select(ShardOf).Distinct().Order().Select(shard => shards[shard])];
        foreach (MemoryShard shard in concerned)
        {
            shard.WriterLock.Enter();
        }

        try
        {
            return TryWriteUnderLocks(batch, hashes, shards, concerned);
        }
        finally
        {
            foreach (MemoryShard shard in concerned)
            {
                shard.WriterLock.Exit();
            }
        }
    }

    /// <inheritdoc/>
    public void Flush() => GetShards();

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        GetShards();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        // A copy: what the caller does with its array must not reach the store.
        value = Find(key)?.Value.AsSpan().ToArray();
        return value is not null;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        MemoryEntry? entry = Find(key);
        if (entry is null)
        {
            return false;
        }

        destination.Write(entry.Value);
        return true;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        bool isThere = TryRead(key, destination, out ValueInfo info);
        valueBytes = info.Bytes;
        return isThere;
    }

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info)
    {
        MemoryEntry? entry = Find(key);
        info = entry?.Info ?? default;

        // Untouched where it is too small: TryCopyTo copies all or nothing.
        _ = entry?.Value.AsSpan().TryCopyTo(destination);
        return entry is not null;
    }

    /// <inheritdoc/>
    public ValueLease? TryLease(ReadOnlySpan<byte> key) =>
        Find(key) is { } entry ? new ValueLease(entry.Value, entry.Info, owner: null) : null;

    /// <inheritdoc/>
    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        GetShards();
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            Limits.CheckKey(key.Length);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            if (Find(keys[i].Span) is { } entry)
            {
                receiver.Found(i, entry.Value, entry.Info);
            }
            else
            {
                receiver.Missing(i);
            }
        }
    }

    /// <inheritdoc/>
    public ScanPage Scan(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false)
    {
        MemoryShard[] shards = GetShards();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        var page = new List<KvsEntry>();
        long bytes = 0;
        int skipped = 0;
        ulong lastHash = 0;
        for (int i = ShardOf(cursor); i < ShardCount; i++)
        {
            foreach (MemoryEntry entry in shards[i].ListInOrder(cursor))
            {
                // The cursor is a hash: entries that share one cannot be told apart by it, and stay together.
                bool isFull = page.Count >= maxEntries || (page.Count > 0 && bytes >= maxBytes) ||
                    skipped > MaxSkippedEntries;
                if (isFull && entry.Key.Hash != lastHash)
                {
                    return new ScanPage(page, lastHash + 1);
                }

                lastHash = entry.Key.Hash;
                if (!entry.Key.Bytes.AsSpan().StartsWith(prefix))
                {
                    skipped++;
                    continue;
                }

                page.Add(new KvsEntry(entry.Key.Bytes, keysOnly ? default : entry.Value));
                bytes += entry.Key.Bytes.Length + (keysOnly ? 0 : entry.Value.Length);
            }
        }

        return new ScanPage(page, 0);
    }

    /// <inheritdoc/>
    public EngineStatistics GetStatistics()
    {
        long keys = 0;
        long bytes = 0;
        foreach (MemoryShard shard in GetShards())
        {
            (long shardKeys, long shardBytes) = shard.Count();
            keys += shardKeys;
            bytes += shardBytes;
        }

        return new EngineStatistics { Engine = Name, Keys = keys, LiveBytes = bytes };
    }

    /// <summary>Drops all entries. Calls that are under way finish.</summary>
    public void Dispose() => Volatile.Write(ref _shards, null);

    private static int ShardOf(ulong hash) => (int)(hash >> (64 - ShardBits));

    private MemoryShard[] GetShards()
    {
        MemoryShard[]? shards = Volatile.Read(ref _shards);
        ObjectDisposedException.ThrowIf(shards is null, this);
        return shards;
    }

    private MemoryShard FindShard(ReadOnlySpan<byte> key, out HashedKey hashed)
    {
        MemoryShard[] shards = GetShards();
        Limits.CheckKey(key.Length);
        ulong hash = KeyHash.Compute(key, _seed);
        hashed = new HashedKey(key, hash);
        return shards[ShardOf(hash)];
    }

    private MemoryEntry? Find(ReadOnlySpan<byte> key) => FindShard(key, out HashedKey hashed).Find(hashed);

    private bool TryWriteUnderLocks(
        WriteBatch batch, ulong[] hashes, MemoryShard[] shards, IEnumerable<MemoryShard> concerned)
    {
        // One moment for the whole: what expires while the batch is looked at is there for all of it.
        long now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (MemoryShard shard in concerned)
        {
            shard.DropExpired(now);
        }

        for (int i = 0; i < hashes.Length; i++)
        {
            WriteBatch.Item item = batch.Items[i];
            var key = new HashedKey(batch.KeyOf(item), hashes[i]);
            if (item.Kind == WriteBatch.ItemKind.Require &&
                (shards[ShardOf(key.Hash)].FindUnderLock(key)?.Version ?? 0) != item.Version)
            {
                return false;
            }
        }

        for (int i = 0; i < hashes.Length; i++)
        {
            WriteBatch.Item item = batch.Items[i];
            var key = new HashedKey(batch.KeyOf(item), hashes[i]);
            MemoryShard shard = shards[ShardOf(key.Hash)];
            if (item.Kind == WriteBatch.ItemKind.Set)
            {
                long expiry = new WriteOptions { ExpiresAt = item.ExpiresAt }.ExpiryAt(_clock);
                shard.Put(key, batch.ValueOf(item).ToArray(), expiry, now);
            }
            else if (item.Kind == WriteBatch.ItemKind.Remove)
            {
                shard.Drop(key);
            }
        }

        return true;
    }
}
