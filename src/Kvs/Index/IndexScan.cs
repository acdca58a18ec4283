namespace Kvs.Index;

/// <summary>
/// Reads pages of entries in the order of their hashes. An entry never leaves its place in that order, however its
/// table grows, so what is there from the first page to the last is found exactly once.
/// </summary>
internal static class IndexScan
{
    /// <summary>A page ends after so many homes, so that an operation does not stay in its epoch for long where a
    /// table has few entries left.</summary>
    private const int MaxHomesPerPage = 64 * 1024;

    /// <summary>Reads one page. The caller is inside an epoch.</summary>
    internal static ScanPage ReadPage(StoreIndex index, ulong cursor, int maxEntries, long maxBytes)
    {
        var entries = new List<KvsEntry>();
        var found = new List<FoundRecord>();
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
                    return new ScanPage(entries, index.LowestHash(partition, table.LowestFraction(home)));
                }

                found.Clear();
                index.Partitions[partition].ScanHome(table, home, found);
                ulong? next = AddInOrder(index, found, cursor, entries, ref bytes, maxEntries, maxBytes);
                if (next is not null)
                {
                    return new ScanPage(entries, next.Value);
                }
            }
        }

        return new ScanPage(entries, 0);
    }

    /// <summary>Copies the entries of one home; the next cursor when the page is full.</summary>
    private static ulong? AddInOrder(StoreIndex index, List<FoundRecord> found, ulong cursor, List<KvsEntry> entries,
        ref long bytes, int maxEntries, long maxBytes)
    {
        ulong last = 0;
        foreach ((ulong hash, FoundRecord record) in found
            .Select(record => (Hash: index.HashOf(record.Key), record))
            .Where(pair => pair.Hash >= cursor)
            .OrderBy(pair => pair.Hash))
        {
            // Entries of one and the same hash stay on one page, because the cursor cannot tell them apart.
            bool isFull = entries.Count > 0 && (entries.Count >= maxEntries || bytes >= maxBytes);
            if (isFull && hash != last)
            {
                return hash;
            }

            entries.Add(new KvsEntry(record.Key.ToArray(), record.Value.ToArray()));
            bytes += record.Key.Length + record.Value.Length;
            last = hash;
        }

        return null;
    }
}
