using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Kvs.RocksDb.Native;
using Kvs.RocksDb.Rows;

namespace Kvs.RocksDb;

/// <content>Reads.</content>
public sealed partial class RocksDbEngine
{
    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        using Inside inside = Enter();
        using PinnedRow pinned = Find(key);
        StoredRow row = StoredRow.Of(pinned, _folder);
        value = row.IsThere ? row.Value.ToArray() : null;
        return row.IsThere;
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        using Inside inside = Enter();
        using PinnedRow pinned = Find(key);
        StoredRow row = StoredRow.Of(pinned, _folder);
        if (row.IsThere)
        {
            destination.Write(row.Value);
        }

        return row.IsThere;
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
        using Inside inside = Enter();
        using PinnedRow pinned = Find(key);
        StoredRow row = StoredRow.Of(pinned, _folder);
        if (!row.IsThere)
        {
            info = default;
            return false;
        }

        info = row.Info;

        // Untouched where it is too small: TryCopyTo copies all or nothing.
        _ = row.Value.TryCopyTo(destination);
        return true;
    }

    /// <summary>Leases a copy: what RocksDB holds does not outlive its closing.</summary>
    public ValueLease? TryLease(ReadOnlySpan<byte> key)
    {
        using Inside inside = Enter();
        using PinnedRow pinned = Find(key);
        StoredRow row = StoredRow.Of(pinned, _folder);
        return row.IsThere ? new ValueLease(row.Value.ToArray(), row.Info, owner: null) : null;
    }

    /// <inheritdoc/>
    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        using Inside inside = Enter();
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            Limits.CheckKey(key.Length);
        }

        for (int first = 0; first < keys.Length; first += RocksDatabase.MaxKeysAtOnce)
        {
            int count = Math.Min(RocksDatabase.MaxKeysAtOnce, keys.Length - first);
            GetTogether(keys.Slice(first, count), first, ref receiver);
        }
    }

    /// <inheritdoc/>
    public ScanPage Scan(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false)
    {
        using Inside inside = Enter();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        return new RowScan(_database, _folder, Now).ReadPage(cursor, maxEntries, maxBytes, prefix, keysOnly);
    }

    /// <summary>The row of a key; none where it is not there, or has expired. To be disposed.</summary>
    [SkipLocalsInit]
    private PinnedRow Find(scoped ReadOnlySpan<byte> key)
    {
        Limits.CheckKey(key.Length);
        using var rowKey = new RowKey(HashOf(key), key, stackalloc byte[RowKey.UsualBytes]);
        PinnedRow found = _database.Get(rowKey.Bytes);
        ulong expired = 0;
        while (IsExpired(found, out ulong version))
        {
            // Its row has expired and still is its row: a moment that was put off before it came is in the next one.
            found.Dispose();
            if (version == expired)
            {
                return default;
            }

            expired = version;
            found = _database.Get(rowKey.Bytes);
        }

        return found;
    }

    private bool IsExpired(PinnedRow pinned, out ulong version)
    {
        StoredRow row = StoredRow.Of(pinned, _folder);
        version = row.Version;
        return HasExpired(row);
    }

    [SkipLocalsInit]
    private void GetTogether<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, int first, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        Span<nuint> lengths = stackalloc nuint[keys.Length];
        Span<nint> pinned = stackalloc nint[keys.Length];
        Span<nint> errors = stackalloc nint[keys.Length];
        pinned.Clear();
        errors.Clear();
        GetPinned(keys, lengths, pinned, errors);
        int taken = 0;
        try
        {
            while (taken < keys.Length)
            {
                int i = taken++;
                using var one = new PinnedRow(pinned[i]);
                _database.Check(errors[i]);
                Tell(keys[i].Span, first + i, one, ref receiver);
            }
        }
        finally
        {
            for (; taken < keys.Length; taken++)
            {
                new PinnedRow(pinned[taken]).Dispose();
                RocksDatabase.Forget(errors[taken]);
            }
        }
    }

    private void GetPinned(ReadOnlySpan<ReadOnlyMemory<byte>> keys, Span<nuint> lengths, Span<nint> pinned,
        Span<nint> errors)
    {
        int bytes = 0;
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            bytes += RowKey.HashBytes + key.Length;
        }

        byte[] rowKeys = ArrayPool<byte>.Shared.Rent(bytes);
        int end = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ReadOnlySpan<byte> key = keys[i].Span;
            int length = RowKey.Write(HashOf(key), key, rowKeys.AsSpan(end));
            lengths[i] = (nuint)length;
            end += length;
        }

        _database.GetMany(rowKeys.AsSpan(0, end), lengths, pinned, errors);
        ArrayPool<byte>.Shared.Return(rowKeys);
    }

    private void Tell<TReceiver>(ReadOnlySpan<byte> key, int index, PinnedRow pinned, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        StoredRow row = StoredRow.Of(pinned, _folder);
        if (row.IsThere && !HasExpired(row))
        {
            receiver.Found(index, row.Value, row.Info);
            return;
        }

        // The moment of what was found may have been put off meanwhile.
        using PinnedRow again = row.IsThere ? Find(key) : default;
        row = StoredRow.Of(again, _folder);
        if (row.IsThere)
        {
            receiver.Found(index, row.Value, row.Info);
        }
        else
        {
            receiver.Missing(index);
        }
    }
}
