using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;

namespace Kvs;

/// <content>Reads. None takes a lock, makes a system call or waits for anyone.</content>
public sealed unsafe partial class KvStore
{
    /// <summary>So many keys of a <see cref="GetMany"/> are under way at once: more than the processor can fetch at a
    /// time, few enough that what was fetched first is still near when it is used.</summary>
    private const int KeysUnderWay = 32;

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            bool isThere = TryFind(key, out FoundRecord found);
            value = isThere ? found.Value.ToArray() : null;
            return isThere;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (!TryFind(key, out FoundRecord found))
            {
                return false;
            }

            destination.Write(found.Value);
            return true;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (!TryFind(key, out FoundRecord found))
            {
                valueBytes = 0;
                return false;
            }

            ReadOnlySpan<byte> value = found.Value;
            valueBytes = value.Length;
            _ = value.TryCopyTo(destination);
            return true;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            if (!TryFind(key, out FoundRecord found))
            {
                info = default;
                return false;
            }

            info = found.Info;
            _ = found.Value.TryCopyTo(destination);
            return true;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public ValueLease? TryLease(ReadOnlySpan<byte> key)
    {
        EpochSlot epoch = _gate.Enter();
        try
        {
            return TryFind(key, out FoundRecord found)
                ? new ValueLease(found.Segment.MemoryAt(found.ValueOffset, found.Value.Length), found.Info,
                    new SegmentShare(found.Segment))
                : null;
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            Limits.CheckKey(key.Length);
        }

        for (int first = 0; first < keys.Length; first += KeysUnderWay)
        {
            int count = Math.Min(KeysUnderWay, keys.Length - first);
            GetTogether(keys.Slice(first, count), first, ref receiver);
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Prefetch(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> keys)
    {
        Span<ulong> hashes = stackalloc ulong[KeysUnderWay];
        EpochSlot epoch = _gate.Enter();
        try
        {
            while (!keys.IsEmpty)
            {
                int count = Math.Min(KeysUnderWay, keys.Length);
                for (int i = 0; i < count; i++)
                {
                    hashes[i] = _index.HashOf(bytes.Slice(keys[i].Start, keys[i].Length));
                    _index.Locate(hashes[i], out ulong fraction).PrefetchBucket(fraction);
                }

                PrefetchRecords(hashes[..count]);
                keys = keys[count..];
            }
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <inheritdoc/>
    public ScanPage Scan(ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        EpochSlot epoch = _gate.Enter();
        try
        {
            var page = new IndexScan(_index, Now, cursor, maxEntries, maxBytes, prefix, keysOnly);
            return page.Read();
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Reads some keys: asks for all their buckets, then for all their records, then reads.</summary>
    [SkipLocalsInit]
    private void GetTogether<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, int first, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        Span<ulong> hashes = stackalloc ulong[KeysUnderWay];
        EpochSlot epoch = _gate.Enter();
        try
        {
            for (int i = 0; i < keys.Length; i++)
            {
                hashes[i] = _index.HashOf(keys[i].Span);
                _index.Locate(hashes[i], out ulong fraction).PrefetchBucket(fraction);
            }

            PrefetchRecords(hashes[..keys.Length]);
            for (int i = 0; i < keys.Length; i++)
            {
                if (TryFind(_index.Locate(hashes[i], out ulong fraction), keys[i].Span, fraction, out FoundRecord found))
                {
                    receiver.Found(first + i, found.Value, found.Info);
                }
                else
                {
                    receiver.Missing(first + i);
                }
            }
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    /// <summary>Asks for the records of keys whose buckets have been asked for. The caller is inside an
    /// epoch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PrefetchRecords(ReadOnlySpan<ulong> hashes)
    {
        foreach (ulong hash in hashes)
        {
            _index.Locate(hash, out ulong fraction).PrefetchRecord(fraction);
        }
    }

    private bool TryFind(ReadOnlySpan<byte> key, out FoundRecord found)
    {
        Limits.CheckKey(key.Length);
        return TryFind(_index.Locate(key, out ulong fraction), key, fraction, out found);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFind(Partition partition, ReadOnlySpan<byte> key, ulong fraction, out FoundRecord found) =>
        partition.TryFind(key, fraction, out found) &&
        (found.Expiry == 0 || TryFindAlive(partition, key, fraction, ref found));

    /// <summary>Whether a key is there whose record expires. It is not when its record has expired and still is its
    /// record: a moment that was put off before it came is found in the next one.</summary>
    private bool TryFindAlive(Partition partition, ReadOnlySpan<byte> key, ulong fraction, ref FoundRecord found)
    {
        while (HasExpired(found))
        {
            FoundRecord seen = found;
            if (!partition.TryFind(key, fraction, out found) || found == seen)
            {
                return false;
            }
        }

        return true;
    }
}
