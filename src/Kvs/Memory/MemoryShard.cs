using System.Collections.Concurrent;

namespace Kvs.Memory;

/// <summary>The entries whose hashes begin with the same bits.</summary>
/// <remarks>
/// Any thread may call any member.
/// 1. Reads go to the dictionary alone, which takes no lock for them.
/// 2. Writers hold <see cref="_writerLock"/>, so that the counters change together with the entries.
/// 3. A value's array never changes once it is in the dictionary: whoever found it may read it for ever.
/// </remarks>
internal sealed class MemoryShard
{
    private readonly Lock _writerLock = new();
    private readonly ConcurrentDictionary<StoredKey, byte[]> _entries;
    private readonly ConcurrentDictionary<StoredKey, byte[]>.AlternateLookup<HashedKey> _lookup;

    // Written under _writerLock, read by anybody.
    private long _count;
    private long _bytes;

    internal MemoryShard()
    {
        // The writer lock lets one writer in at a time: more locks inside would only take room.
        _entries = new ConcurrentDictionary<StoredKey, byte[]>(concurrencyLevel: 1, capacity: 7, KeyComparer.Instance);
        _lookup = _entries.GetAlternateLookup<HashedKey>();
    }

    internal long Count => Volatile.Read(ref _count);

    internal long Bytes => Volatile.Read(ref _bytes);

    internal byte[]? Find(HashedKey key) => _lookup.TryGetValue(key, out byte[]? value) ? value : null;

    internal void Set(HashedKey key, byte[] value)
    {
        lock (_writerLock)
        {
            bool isNew = !_lookup.TryGetValue(key, out byte[]? old);
            _lookup[key] = value;
            _count += isNew ? 1 : 0;
            _bytes += value.Length + (isNew ? key.Bytes.Length : -old!.Length);
        }
    }

    internal bool Remove(HashedKey key)
    {
        lock (_writerLock)
        {
            if (!_lookup.TryRemove(key, out byte[]? old))
            {
                return false;
            }

            _count--;
            _bytes -= key.Bytes.Length + old.Length;
            return true;
        }
    }

    /// <summary>The entries whose hash is at least <paramref name="from"/>, in the order of their hashes.</summary>
    internal List<KeyValuePair<StoredKey, byte[]>> ListInOrder(ulong from)
    {
        var found = new List<KeyValuePair<StoredKey, byte[]>>();
        foreach (KeyValuePair<StoredKey, byte[]> entry in _entries)
        {
            if (entry.Key.Hash >= from)
            {
                found.Add(entry);
            }
        }

        found.Sort(static (x, y) => x.Key.Hash.CompareTo(y.Key.Hash));
        return found;
    }
}
