using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Keyspaces;

/// <summary>The engine, to the commands of one connection. Writes do not wait for a sync; the session holds their
/// replies back until there has been one.</summary>
internal sealed class EngineKeyspace(ServerContext context, RespSession session) : Keyspace
{
    /// <summary>A page of keys ends at so many bytes as well as by their number: what is removed page by page fits a
    /// batch, and no commit waits for long.</summary>
    internal const long MaxPageBytes = 1024 * 1024;

    private readonly IKvsEngine _engine = context.Engine;
    private readonly int _maxKeyBytes = context.Engine.Limits.MaxKeyBytes;
    private readonly WriteOptions _plainWrite = context.UnsyncedWrite;

    internal override bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info)
    {
        if ((uint)(key.Length - 1) < (uint)_maxKeyBytes)
        {
            return _engine.TryRead(key, destination, out info);
        }

        info = default;
        return false;
    }

    internal override WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options) =>
        NoteWrite(_engine.TrySet(key, value, options with { Durability = _plainWrite.Durability }));

    internal override WriteResult TryRemove(ReadOnlySpan<byte> key, WriteCondition condition = default) =>
        (uint)(key.Length - 1) < (uint)_maxKeyBytes
            ? NoteWrite(_engine.TryRemove(key, _plainWrite with { Condition = condition }))
            : default;

    internal override long Increment(ReadOnlySpan<byte> key, long delta)
    {
        long sum = _engine.Increment(key, delta, _plainWrite);
        session.NoteWrite();
        return sum;
    }

    internal override void SetAll(scoped in RespRequest request)
    {
        var batch = new WriteBatch();
        for (int i = 1; i < request.Count; i += 2)
        {
            batch.Set(request[i], request[i + 1]);
        }

        Write(batch);
    }

    internal override void RemoveAll()
    {
        ulong cursor = 0;
        do
        {
            ScanPage page = ScanKeys(cursor, KeysOfPage, prefix: default);
            if (page.Entries.Count > 0)
            {
                var batch = new WriteBatch();
                foreach (KvsEntry entry in page.Entries)
                {
                    batch.Remove(entry.Key.Span);
                }

                Write(batch);
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    internal override ScanPage ScanKeys(ulong cursor, int maxEntries, ReadOnlySpan<byte> prefix) =>
        _engine.Scan(cursor, maxEntries, MaxPageBytes, prefix, keysOnly: true);

    internal override long Count() => _engine.GetStatistics().Keys;

    internal override void Prefetch(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> keys) =>
        _engine.Prefetch(bytes, keys);

    private void Write(WriteBatch batch)
    {
        _ = _engine.TryWrite(batch, _plainWrite.Durability);
        session.NoteWrite();
    }

    private WriteResult NoteWrite(WriteResult result)
    {
        if (result.IsDone)
        {
            session.NoteWrite();
        }

        return result;
    }
}
