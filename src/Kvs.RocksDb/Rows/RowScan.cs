using System.Buffers.Binary;
using Kvs.RocksDb.Native;

namespace Kvs.RocksDb.Rows;

/// <summary>
/// Goes through rows in the order of their hashes, as they are at one moment. A row never changes its place in that
/// order, so what is there from the first page to the last is found exactly once.
/// </summary>
/// <param name="database">The rows.</param>
/// <param name="folder">Where they are, for errors.</param>
/// <param name="now">What has expired by then, in Unix milliseconds, is left out: a moment before any row is looked at,
/// so that what is left out was not put in another's place since.</param>
internal readonly ref struct RowScan(RocksDatabase database, string folder, long now)
{
    /// <summary>A page ends after so many entries that the caller did not ask for: no call goes through everything in
    /// search of the few keys that begin with a prefix.</summary>
    private const int MaxSkippedEntries = 10_000;

    /// <summary>Reads a page.</summary>
    internal ScanPage ReadPage(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix, bool keysOnly)
    {
        var page = new List<KvsEntry>();
        long bytes = 0;
        int skipped = 0;
        ulong lastHash = 0;
        using RowIterator rows = From(cursor);
        for (; rows.IsThere(); rows.Step())
        {
            // The cursor is a hash: entries that share one cannot be told apart by it, and stay together.
            ulong hash = RowKey.HashOf(rows.Key);
            bool isFull = page.Count >= maxEntries || (page.Count > 0 && bytes >= maxBytes) ||
                skipped > MaxSkippedEntries;
            if (isFull && hash != lastHash)
            {
                return new ScanPage(page, hash);
            }

            lastHash = hash;
            ReadOnlySpan<byte> key = RowKey.KeyOf(rows.Key);
            StoredRow row = StoredRow.Parse(rows.Row, folder);
            if (StoredRow.HasExpired(row.Expiry, now) || !key.StartsWith(prefix))
            {
                skipped++;
                continue;
            }

            byte[] value = keysOnly ? [] : row.Value.ToArray();
            page.Add(new KvsEntry(key.ToArray(), value));
            bytes += key.Length + value.Length;
        }

        return new ScanPage(page, 0);
    }

    /// <summary>Counts keys up to a number.</summary>
    /// <returns>How many there are, and whether that is all.</returns>
    internal (long Keys, bool IsAll) Count(long most)
    {
        long keys = 0;
        using RowIterator rows = From(cursor: 0);
        for (; rows.IsThere(); rows.Step())
        {
            if (keys == most)
            {
                return (keys, IsAll: false);
            }

            keys += StoredRow.HasExpired(StoredRow.Parse(rows.Row, folder).Expiry, now) ? 0 : 1;
        }

        return (keys, IsAll: true);
    }

    private RowIterator From(ulong cursor)
    {
        Span<byte> from = stackalloc byte[RowKey.HashBytes];
        BinaryPrimitives.WriteUInt64BigEndian(from, cursor);
        return database.Iterate(from);
    }
}
