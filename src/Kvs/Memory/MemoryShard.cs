using System.Collections.Concurrent;

namespace Kvs.Memory;

/// <summary>The entries whose hashes begin with the same bits.</summary>
/// <remarks>
/// Any thread may call any member, but those that say so need <see cref="WriterLock"/>.
/// 1. Reads go to the dictionary alone, which takes no lock for them; only one that meets an expired entry takes
///    the lock, to see it go.
/// 2. Writers hold <see cref="WriterLock"/>, so that the bytes counted change together with the entries, and what a
///    condition saw is still so when the write is made.
/// 3. <see cref="_lastVersion"/> only grows, so a key's versions ascend and none is given twice, whatever was removed.
/// 4. <see cref="_expiring"/> holds exactly those entries of the dictionary that expire.
/// </remarks>
internal sealed class MemoryShard
{
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<StoredKey, MemoryEntry> _entries;
    private readonly ConcurrentDictionary<StoredKey, MemoryEntry>.AlternateLookup<HashedKey> _lookup;
    private readonly SortedSet<MemoryEntry> _expiring = new(MemoryEntry.ByExpiry);
    private ulong _lastVersion;
    private long _bytes;

    internal MemoryShard(TimeProvider clock)
    {
        _clock = clock;

        // The writer lock lets one writer in at a time: more locks inside would only take room.
        _entries = new ConcurrentDictionary<StoredKey, MemoryEntry>(
            concurrencyLevel: 1, capacity: 7, KeyComparer.Instance);
        _lookup = _entries.GetAlternateLookup<HashedKey>();
    }

    /// <summary>What a writer holds. A batch holds those of all its shards.</summary>
    internal Lock WriterLock { get; } = new();

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Keys that have not expired, and the bytes of their keys and values.</summary>
    internal (long Keys, long Bytes) Count()
    {
        lock (WriterLock)
        {
            DropExpired(Now);
            return (_entries.Count, _bytes);
        }
    }

    /// <summary>What a key has now; null where it is not there.</summary>
    internal MemoryEntry? Find(HashedKey key)
    {
        if (!_lookup.TryGetValue(key, out MemoryEntry? entry) || entry.Expiry == 0 || !entry.HasExpired(Now))
        {
            return entry;
        }

        // While the clock was looked at, a writer may have put another in its place, which has not expired: only under
        // the lock are both of one moment.
        lock (WriterLock)
        {
            DropExpired(Now);
            return FindUnderLock(key);
        }
    }

    internal WriteResult Set(HashedKey key, byte[] value, in WriteOptions options)
    {
        lock (WriterLock)
        {
            long expiry = options.ExpiryAt(_clock);
            long now = Now;
            DropExpired(now);
            MemoryEntry? old = FindUnderLock(key);
            ulong version = old?.Version ?? 0;
            if (!options.Condition.Holds(version))
            {
                return new WriteResult(IsDone: false, version);
            }

            expiry = options.KeepsExpiry ? old?.Expiry ?? 0 : expiry;
            return new WriteResult(IsDone: true, Put(key, value, expiry, now));
        }
    }

    internal WriteResult Remove(HashedKey key, WriteCondition condition)
    {
        lock (WriterLock)
        {
            DropExpired(Now);
            ulong version = FindUnderLock(key)?.Version ?? 0;
            return condition.Holds(version) && Drop(key)
                ? new WriteResult(IsDone: true, Version: 0)
                : new WriteResult(IsDone: false, version);
        }
    }

    internal long Increment(HashedKey key, long delta, in WriteOptions options)
    {
        lock (WriterLock)
        {
            long expiry = options.ExpiryAt(_clock);
            long now = Now;
            DropExpired(now);
            MemoryEntry? old = FindUnderLock(key);
            long sum = StoredNumber.Add(key.Bytes, old is null ? "0"u8 : old.Value, delta);
            Span<byte> text = stackalloc byte[StoredNumber.MaxBytes];
            byte[] value = text[..StoredNumber.Write(sum, text)].ToArray();
            Put(key, value, expiry == 0 ? old?.Expiry ?? 0 : expiry, now);
            return sum;
        }
    }

    /// <summary>Forgets what is not there any more. Under the lock.</summary>
    internal void DropExpired(long now)
    {
        while (_expiring.Min is { } first && first.HasExpired(now))
        {
            Drop(new HashedKey(first.Key.Bytes, first.Key.Hash));
        }
    }

    /// <summary>What a key has, expired or not. Under the lock.</summary>
    internal MemoryEntry? FindUnderLock(HashedKey key) =>
        _lookup.TryGetValue(key, out MemoryEntry? entry) ? entry : null;

    /// <summary>Stores a value in place of what is there, and says its version. Under the lock.</summary>
    internal ulong Put(HashedKey key, byte[] value, long expiry, long now)
    {
        MemoryEntry? old = FindUnderLock(key);
        var entry = new MemoryEntry(old?.Key ?? KeyComparer.Instance.Create(key), value, ++_lastVersion, expiry);
        if (entry.HasExpired(now))
        {
            // Nobody may see it, not even for the moment until it is dropped.
            Drop(key);
            return entry.Version;
        }

        _entries[entry.Key] = entry;
        Uncount(old);
        _bytes += entry.Bytes;
        if (expiry != 0)
        {
            _expiring.Add(entry);
        }

        return entry.Version;
    }

    /// <summary>Removes a key; false when it was not there. Under the lock.</summary>
    internal bool Drop(HashedKey key)
    {
        _lookup.TryRemove(key, out MemoryEntry? old);
        Uncount(old);
        return old is not null;
    }

    /// <summary>The entries whose hash is at least <paramref name="from"/>, in the order of their hashes.</summary>
    internal List<MemoryEntry> ListInOrder(ulong from)
    {
        // The clock first: what is then met has expired before it was met, and was not put in another's place since.
        long now = Now;
        var found = new List<MemoryEntry>();
        foreach ((StoredKey key, MemoryEntry entry) in _entries)
        {
            if (key.Hash >= from && !entry.HasExpired(now))
            {
                found.Add(entry);
            }
        }

        found.Sort(static (x, y) => x.Key.Hash.CompareTo(y.Key.Hash));
        return found;
    }

    private void Uncount(MemoryEntry? old)
    {
        if (old is null)
        {
            return;
        }

        _bytes -= old.Bytes;
        if (old.Expiry != 0)
        {
            _expiring.Remove(old);
        }
    }
}
