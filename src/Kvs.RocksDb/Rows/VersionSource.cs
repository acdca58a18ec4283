using System.Buffers.Binary;
using Kvs.RocksDb.Native;

namespace Kvs.RocksDb.Rows;

/// <summary>
/// Gives versions: each higher than all before, and none twice, whatever was removed, whatever a power cut took.
/// </summary>
/// <remarks>
/// Any thread may ask. No version is given that is not below a bound that is on disk, and an opening goes on from that
/// bound: those that were not given are lost, 2^32 at each opening of the 2^64 that there are.
/// </remarks>
internal sealed class VersionSource
{
    private const ulong Step = 1UL << 32;

    private readonly Lock _lock = new();
    private readonly RocksDatabase _database;
    private ulong _last;
    private ulong _bound;

    /// <summary>Goes on where the opening before may have ended.</summary>
    internal VersionSource(RocksDatabase database, string folder)
    {
        _database = database;
        using PinnedRow row = database.Get(Key);
        if (row.IsThere)
        {
            _last = row.Bytes.Length == sizeof(ulong)
                ? BinaryPrimitives.ReadUInt64LittleEndian(row.Bytes)
                : throw new KvsDamageException(folder, 0, "the row of versions does not have 8 bytes");
        }

        Raise(_last + Step);
    }

    /// <summary>The key of the row that holds the bound: shorter than that of any other row, and before all of them.
    /// </summary>
    private static ReadOnlySpan<byte> Key => [0];

    /// <summary>The next version; at least 1.</summary>
    /// <exception cref="IOException">The bound was reached, and another could not be stored.</exception>
    internal ulong Next()
    {
        ulong next = Interlocked.Increment(ref _last);
        if (next >= Volatile.Read(ref _bound))
        {
            RaiseAbove(next);
        }

        return next;
    }

    private void RaiseAbove(ulong version)
    {
        lock (_lock)
        {
            if (version >= _bound)
            {
                Raise(version + Step);
            }
        }
    }

    private void Raise(ulong bound)
    {
        Span<byte> row = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(row, bound);
        using var batch = new RowBatch();
        batch.Put(Key, row, rest: []);
        _database.Write(batch, sync: true);
        Volatile.Write(ref _bound, bound);
    }
}
