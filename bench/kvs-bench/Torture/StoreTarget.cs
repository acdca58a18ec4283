namespace Kvs.Bench.Torture;

/// <summary>A store of this process. Many may stand for the same one, which none of them closes.</summary>
internal sealed class StoreTarget(KvStore store) : ITortureTarget
{
    private const int PageEntries = 1000;

    public bool HasBatches => true;

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => store.Set(key, value);

    public bool Remove(ReadOnlySpan<byte> key) => store.Remove(key);

    public byte[]? Get(ReadOnlySpan<byte> key) => store.TryGet(key, out byte[]? value) ? value : null;

    public void Write(WriteBatch batch) => store.Write(batch);

    public IEnumerable<byte[]> Keys()
    {
        ulong cursor = 0;
        do
        {
            ScanPage page = store.Scan(cursor, PageEntries, long.MaxValue, keysOnly: true);
            foreach (KvsEntry entry in page.Entries)
            {
                yield return entry.Key.ToArray();
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    public void Dispose()
    {
        // The store is its owner's.
    }
}
