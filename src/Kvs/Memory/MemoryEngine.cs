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
/// 2. Reads take no lock; writers of one shard take turns.
/// 3. <see cref="_shards"/> becomes null once, when the engine is disposed.
/// </remarks>
public sealed class MemoryEngine : IKvsEngine
{
    private const int ShardBits = 10;
    private const int ShardCount = 1 << ShardBits;

    private readonly ulong _seed;
    private MemoryShard[]? _shards;

    /// <summary>Makes an empty store.</summary>
    /// <param name="limits">How long keys and values may be; <see cref="Limits.Default"/> when null.</param>
    public MemoryEngine(Limits? limits = null)
    {
        Limits = limits ?? Limits.Default;

        // Nobody outside can make keys that collide without knowing the seed.
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref _seed)));
        _shards = new MemoryShard[ShardCount];
        for (int i = 0; i < ShardCount; i++)
        {
            _shards[i] = new MemoryShard();
        }
    }

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public Limits Limits { get; }

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        MemoryShard shard = FindShard(key, out HashedKey hashed);
        Limits.CheckValue(value.Length);
        shard.Set(hashed, value.ToArray());
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        byte[]? stored = FindShard(key, out HashedKey hashed).Find(hashed);

        // A copy: what the caller does with its array must not reach the store.
        value = stored?.AsSpan().ToArray();
        return value is not null;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        byte[]? stored = FindShard(key, out HashedKey hashed).Find(hashed);
        if (stored is null)
        {
            return false;
        }

        destination.Write(stored);
        return true;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        byte[]? stored = FindShard(key, out HashedKey hashed).Find(hashed);
        valueBytes = stored?.Length ?? 0;

        // Untouched where it is too small: TryCopyTo copies all or nothing.
        _ = stored.AsSpan().TryCopyTo(destination);
        return stored is not null;
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key) => FindShard(key, out HashedKey hashed).Remove(hashed);

    /// <inheritdoc/>
    public ScanPage Scan(ulong cursor, int maxEntries, long maxBytes)
    {
        MemoryShard[] shards = GetShards();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        var page = new List<KvsEntry>();
        long bytes = 0;
        ulong lastHash = 0;
        for (int i = ShardOf(cursor); i < ShardCount; i++)
        {
            foreach ((StoredKey key, byte[] value) in shards[i].ListInOrder(cursor))
            {
                // The cursor is a hash: entries that share one cannot be told apart by it, and stay together.
                bool isFull = page.Count >= maxEntries || (page.Count > 0 && bytes >= maxBytes);
                if (isFull && key.Hash != lastHash)
                {
                    return new ScanPage(page, lastHash + 1);
                }

                page.Add(new KvsEntry(key.Bytes, value));
                bytes += key.Bytes.Length + value.Length;
                lastHash = key.Hash;
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
            keys += shard.Count;
            bytes += shard.Bytes;
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
}
