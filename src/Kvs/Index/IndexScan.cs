namespace Kvs.Index;

/// <summary>
/// Reads one page of entries in the order of their hashes. An entry never leaves its place in that order, however its
/// table grows, so what is there from the first page to the last is found exactly once.
/// </summary>
/// <param name="index">The index. The caller is inside an epoch.</param>
/// <param name="now">What has expired by then, in Unix milliseconds, is left out: a moment within the call, before any
/// record is looked at.</param>
/// <param name="cursor">The hash at which the page begins.</param>
/// <param name="maxEntries">The page ends after so many entries.</param>
/// <param name="maxBytes">The page ends when its keys and values reach so many bytes.</param>
/// <param name="prefix">Only keys that begin with these bytes.</param>
/// <param name="keysOnly">Leaves the values out.</param>
internal readonly ref struct IndexScan(StoreIndex index, long now, ulong cursor, int maxEntries, long maxBytes,
    ReadOnlySpan<byte> prefix, bool keysOnly)
{
    /// <summary>A page ends after so many homes, so that an operation does not stay in its epoch for long where a
    /// table has few entries left.</summary>
    private const int MaxHomesPerPage = 64 * 1024;

    private readonly ReadOnlySpan<byte> _prefix = prefix;
    private readonly List<KvsEntry> _entries = [];
    private readonly List<FoundRecord> _found = [];

    /// <summary>Reads the page.</summary>
    internal ScanPage Read()
    {
        long bytes = 0;
        int homes = 0;
        int partition = index.PartitionOf(cursor, out ulong fraction);
        for (; partition < index.Partitions.Count; partition++, fraction = 0)
        {
            uint home = index.Partitions[partition].HomeAt(fraction, out IndexTable table);
            for (; home < table.BucketCount; home++)
            {
                if (homes++ == MaxHomesPerPage)
                {
                    return new ScanPage(_entries, index.LowestHash(partition, table.LowestFraction(home)));
                }

                _found.Clear();
                index.Partitions[partition].ScanHome(table, home, _found);
                if (AddInOrder(ref bytes) is { } next)
                {
                    return new ScanPage(_entries, next);
                }
            }
        }

        return new ScanPage(_entries, 0);
    }

    /// <summary>Copies the entries of one home; the next cursor when the page is full.</summary>
    private ulong? AddInOrder(ref long bytes)
    {
        var inOrder = new List<(ulong Hash, FoundRecord Record)>(_found.Count);
        foreach (FoundRecord record in _found)
        {
            ulong hash = index.HashOf(record.Key);
            if (hash >= cursor && record.Key.StartsWith(_prefix) && !Expired(record))
            {
                inOrder.Add((hash, record));
            }
        }

        inOrder.Sort(static (a, b) => a.Hash.CompareTo(b.Hash));
        ulong last = 0;
        foreach ((ulong hash, FoundRecord record) in inOrder)
        {
            // Entries of one and the same hash stay on one page, because the cursor cannot tell them apart.
            bool isFull = _entries.Count > 0 && (_entries.Count >= maxEntries || bytes >= maxBytes);
            if (isFull && hash != last)
            {
                return hash;
            }

            byte[] value = keysOnly ? [] : record.Value.ToArray();
            _entries.Add(new KvsEntry(record.Key.ToArray(), value));
            bytes += record.Key.Length + value.Length;
            last = hash;
        }

        return null;
    }

    private bool Expired(in FoundRecord record) =>
        record.Expiry != 0 && record.Expiry <= now;
}
