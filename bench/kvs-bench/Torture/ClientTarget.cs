using System.Net;
using Kvs.Client;

namespace Kvs.Bench.Torture;

/// <summary>A connection to a server.</summary>
internal sealed class ClientTarget(IPEndPoint server) : ITortureTarget
{
    private const int PageEntries = 1000;

    private readonly KvsClient _client = KvsClient.Connect(server);

    public bool HasBatches => false;

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _client.Set(key, value);

    public bool Remove(ReadOnlySpan<byte> key) => _client.Remove(key);

    public byte[]? Get(ReadOnlySpan<byte> key) => _client.TryGet(key, out byte[]? value) ? value : null;

    public void Write(WriteBatch batch) => throw new NotSupportedException("The client makes no batches.");

    public IEnumerable<byte[]> Keys()
    {
        ulong cursor = 0;
        do
        {
            ScanPage page = _client.Scan(cursor, PageEntries);
            foreach (KvsEntry entry in page.Entries)
            {
                yield return entry.Key.ToArray();
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    public void Dispose() => _client.Dispose();
}
