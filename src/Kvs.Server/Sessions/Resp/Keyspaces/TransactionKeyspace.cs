using System.Runtime.InteropServices;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Keyspaces;

/// <summary>
/// The engine as the commands of a transaction see it: with what those before them have written, of which nobody else
/// sees anything before all of it is written as one batch.
/// </summary>
/// <remarks>
/// 1. What was read of the engine must be unchanged when the batch is written: its version is a requirement of the
///    batch. So a transaction that is written has happened at one moment. One that is not is run again.
/// 2. What is written without a look at what was there requires nothing, and is written whatever others do.
/// 3. Pages of keys and their number are no requirement: keys that others add or remove meanwhile may be in it or not.
/// </remarks>
internal sealed class TransactionKeyspace(ServerContext context) : Keyspace
{
    private readonly IKvsEngine _engine = context.Engine;
    private readonly Dictionary<byte[], Entry> _entries = new(KeyComparer.Instance);

    /// <summary>Versions of what this transaction has written: beyond any that an engine gives.</summary>
    private ulong _nextVersion = 1UL << 63;
    private bool _isStale;
    private long _writtenBytes;
    private bool _isTooLong;

    /// <summary>What the transaction knows of a key.</summary>
    private record struct Entry
    {
        /// <summary>Whether the key was read, so that <see cref="EngineVersion"/> is a requirement.</summary>
        internal bool IsRead { get; set; }

        /// <summary>The version that the engine gave; 0 for a key that was not there.</summary>
        internal ulong EngineVersion { get; set; }

        /// <summary>Whether the rest is what the transaction has written.</summary>
        internal bool IsWritten { get; set; }

        /// <summary>Null when the key was removed.</summary>
        internal byte[]? Value { get; set; }

        internal ValueInfo Info { get; set; }

        internal readonly bool IsPresent => Value is not null &&
            (Info.ExpiryMilliseconds == 0 || Info.ExpiryMilliseconds > RespClock.NowMs);
    }

    internal override bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info)
    {
        ref Entry entry = ref EntryOf(key);
        if (!entry.IsWritten)
        {
            return TryReadEngine(key, ref entry, destination, out info);
        }

        info = entry.IsPresent ? entry.Info : default;
        if (!entry.IsPresent)
        {
            return false;
        }

        _ = entry.Value.AsSpan().TryCopyTo(destination);
        return true;
    }

    internal override WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        _engine.Limits.CheckKey(key.Length);
        _engine.Limits.CheckValue(value.Length);
        ref Entry entry = ref EntryOf(key);
        ValueInfo present = default;
        if (options.Condition != default || options.KeepsExpiry)
        {
            _ = TryRead(key, [], out present);
            if (!Holds(options.Condition, present.Version))
            {
                return new WriteResult(false, present.Version);
            }
        }

        long expiry = options.KeepsExpiry ? present.ExpiryMilliseconds
            : options.ExpiresAt is { } moment ? Math.Max(1, moment.ToUnixTimeMilliseconds()) : 0;
        Reserve(entry, key.Length, value.Length);
        entry.IsWritten = true;
        entry.Value = value.ToArray();
        entry.Info = new ValueInfo(value.Length, _nextVersion++, expiry);
        return new WriteResult(true, entry.Info.Version);
    }

    internal override WriteResult TryRemove(ReadOnlySpan<byte> key, WriteCondition condition = default)
    {
        ref Entry entry = ref EntryOf(key);
        if (!TryRead(key, [], out ValueInfo present) || !Holds(condition, present.Version))
        {
            return new WriteResult(false, present.Version);
        }

        entry.IsWritten = true;
        entry.Value = null;
        return new WriteResult(true, 0);
    }

    internal override long Increment(ReadOnlySpan<byte> key, long delta)
    {
        byte[]? value = Read(key, out _);
        long number = 0;
        if (value is not null && !RespNumber.TryParse(value, out number))
        {
            throw new FormatException("The value is not a whole number of 64 bits.");
        }

        long sum = checked(number + delta);
        Span<byte> text = stackalloc byte[RespNumber.MaxBytes];
        TrySet(key, text[..RespNumber.Write(sum, text)], new WriteOptions { KeepsExpiry = true });
        return sum;
    }

    internal override void SetAll(scoped in RespRequest request)
    {
        // Before the first of them: all are set, or none.
        for (int i = 1; i < request.Count; i += 2)
        {
            _engine.Limits.CheckKey(request[i].Length);
            _engine.Limits.CheckValue(request[i + 1].Length);
        }

        for (int i = 1; i < request.Count; i += 2)
        {
            TrySet(request[i], request[i + 1], default);
        }
    }

    internal override void RemoveAll()
    {
        ulong cursor = 0;
        do
        {
            ScanPage page = ScanKeys(cursor, KeysOfPage, prefix: default);
            foreach (KvsEntry found in page.Entries)
            {
                ref Entry entry = ref EntryOf(found.Key.Span);
                Reserve(entry, found.Key.Length, 0);
                entry.IsWritten = true;
                entry.Value = null;
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    internal override ScanPage ScanKeys(ulong cursor, int maxEntries, ReadOnlySpan<byte> prefix)
    {
        ScanPage page = _engine.Scan(cursor, maxEntries, EngineKeyspace.MaxPageBytes, prefix, keysOnly: true);
        List<KvsEntry> keys =
            [.. page.Entries.Where(found => !TryFindWritten(found.Key.Span, out Entry entry) || entry.IsPresent)];
        if (page.NextCursor == 0)
        {
            foreach ((byte[] key, Entry entry) in _entries)
            {
                if (entry.IsWritten && entry.IsPresent && key.AsSpan().StartsWith(prefix) && !IsInEngine(key))
                {
                    keys.Add(new KvsEntry(key, default));
                }
            }
        }

        return new ScanPage(keys, page.NextCursor);
    }

    internal override long Count()
    {
        long count = _engine.GetStatistics().Keys;
        foreach ((byte[] key, Entry entry) in _entries)
        {
            if (entry.IsWritten)
            {
                count += (entry.IsPresent ? 1 : 0) - (IsInEngine(key) ? 1 : 0);
            }
        }

        return count;
    }

    internal override void Prefetch(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> keys) =>
        _engine.Prefetch(bytes, keys);

    /// <summary>Forgets everything: the next thing that is read begins another attempt.</summary>
    internal void Clear()
    {
        _entries.Clear();
        _isStale = false;
        _writtenBytes = 0;
        _isTooLong = false;
    }

    /// <summary>Writes what the transaction has written, as one; false, and nothing written, where what it has read is
    /// not so any more, or a key that was watched.</summary>
    internal bool TryCommit(IReadOnlyCollection<KeyValuePair<byte[], ulong>> watched, out bool hasWritten)
    {
        hasWritten = false;
        if (_isTooLong)
        {
            throw TooLong();
        }

        if (_isStale)
        {
            return false;
        }

        var batch = new WriteBatch();
        foreach ((byte[] key, ulong version) in watched)
        {
            batch.Require(key, version);
        }

        foreach ((byte[] key, Entry entry) in _entries)
        {
            if (entry.IsRead)
            {
                batch.Require(key, entry.EngineVersion);
            }

            if (entry.IsWritten && entry.Value is not null)
            {
                batch.Set(key, entry.Value, entry.Info.ExpiresAt);
            }
            else if (entry.IsWritten)
            {
                batch.Remove(key);
            }

            hasWritten |= entry.IsWritten;
        }

        return batch.Count == 0 || _engine.TryWrite(batch, context.UnsyncedWrite.Durability);
    }

    /// <summary>Counts what a key becomes before it is kept: not more than one batch can hold.</summary>
    private void Reserve(in Entry entry, int keyBytes, int valueBytes)
    {
        long before = entry.IsWritten ? (long)keyBytes + (entry.Value?.Length ?? 0) + Limits.BatchItemBytes : 0;
        long after = _writtenBytes - before + keyBytes + valueBytes + Limits.BatchItemBytes;
        if (after > Limits.MaxBatchBytes)
        {
            _isTooLong = true;
            throw TooLong();
        }

        _writtenBytes = after;
    }

    private static TransactionException TooLong() =>
        new($"The transaction writes more than {Limits.MaxBatchBytes} bytes.");

    private static bool Holds(WriteCondition condition, ulong version) =>
        condition == default || condition == WriteCondition.IfVersion(version) ||
        (condition == WriteCondition.IfPresent && version != 0);

    private bool TryReadEngine(ReadOnlySpan<byte> key, ref Entry entry, Span<byte> destination, out ValueInfo info)
    {
        info = default;
        if (key.IsEmpty || key.Length > _engine.Limits.MaxKeyBytes)
        {
            return false;
        }

        bool isThere = _engine.TryRead(key, destination, out info);
        _isStale |= entry.IsRead && entry.EngineVersion != info.Version;
        entry.IsRead = true;
        entry.EngineVersion = info.Version;
        return isThere;
    }

    private bool TryFindWritten(ReadOnlySpan<byte> key, out Entry entry) =>
        _entries.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out entry) && entry.IsWritten;

    private bool IsInEngine(byte[] key) => _engine.TryRead(key, [], out _);

    /// <summary>What is known of a key. Valid until the next key is asked for.</summary>
    private ref Entry EntryOf(ReadOnlySpan<byte> key) => ref CollectionsMarshal.GetValueRefOrAddDefault(
        _entries.GetAlternateLookup<ReadOnlySpan<byte>>(), key, out _);
}
