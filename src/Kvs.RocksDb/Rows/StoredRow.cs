using System.Buffers.Binary;
using Kvs.RocksDb.Native;

namespace Kvs.RocksDb.Rows;

/// <summary>A row as the engine stores it: version, expiry, value. Little-endian; the expiry in Unix milliseconds, 0
/// for never. Checksums are RocksDB's, on each block that it reads from disk.</summary>
/// <param name="bytes">The row; empty for none.</param>
internal readonly ref struct StoredRow(ReadOnlySpan<byte> bytes)
{
    /// <summary>The bytes in front of the value.</summary>
    internal const int HeaderBytes = sizeof(ulong) + sizeof(long);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal bool IsThere => !_bytes.IsEmpty;

    /// <summary>The row's version; 0 where there is none.</summary>
    internal ulong Version => IsThere ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes) : 0;

    /// <summary>The row's expiry; 0 where there is none.</summary>
    internal long Expiry => IsThere ? ReadExpiry(_bytes) : 0;

    internal ReadOnlySpan<byte> Value => _bytes[HeaderBytes..];

    internal ValueInfo Info => new(Value.Length, Version, Expiry);

    /// <summary>The row that RocksDB holds, if it holds one.</summary>
    /// <exception cref="KvsDamageException">It is shorter than any row can be.</exception>
    internal static StoredRow Of(PinnedRow pinned, string folder) => pinned.IsThere
        ? Parse(pinned.Bytes, folder)
        : default;

    /// <inheritdoc cref="Of"/>
    internal static StoredRow Parse(ReadOnlySpan<byte> bytes, string folder) => bytes.Length >= HeaderBytes
        ? new StoredRow(bytes)
        : throw new KvsDamageException(folder, 0, $"a row has {bytes.Length} bytes and needs {HeaderBytes}");

    internal static long ReadExpiry(ReadOnlySpan<byte> row) =>
        BinaryPrimitives.ReadInt64LittleEndian(row[sizeof(ulong)..]);

    internal static void WriteHeader(Span<byte> header, ulong version, long expiry)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(header, version);
        BinaryPrimitives.WriteInt64LittleEndian(header[sizeof(ulong)..], expiry);
    }

    /// <summary>Whether an expiry has come by a moment.</summary>
    internal static bool HasExpired(long expiry, long now) => expiry != 0 && expiry <= now;
}
