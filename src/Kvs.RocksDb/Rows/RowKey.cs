using System.Buffers;
using System.Buffers.Binary;

namespace Kvs.RocksDb.Rows;

/// <summary>
/// The key of a row as RocksDB has it: the hash of the engine's key, highest byte first, and behind it that key. So
/// the order of rows is the order of hashes, and a hash is all that a scan's cursor needs.
/// </summary>
internal readonly ref struct RowKey : IDisposable
{
    /// <summary>How many bytes of a row's key are the hash.</summary>
    internal const int HashBytes = sizeof(ulong);

    /// <summary>Room on the stack that most keys fit into, in bytes.</summary>
    internal const int UsualBytes = 256;

    private readonly byte[]? _rented;

    /// <summary>Puts a row's key together.</summary>
    /// <param name="hash">The hash of the key.</param>
    /// <param name="key">The engine's key.</param>
    /// <param name="room">Where it goes if it fits.</param>
    internal RowKey(ulong hash, ReadOnlySpan<byte> key, Span<byte> room)
    {
        int length = HashBytes + key.Length;
        if (length > room.Length)
        {
            room = _rented = ArrayPool<byte>.Shared.Rent(length);
        }

        Write(hash, key, room);
        Bytes = room[..length];
    }

    internal ReadOnlySpan<byte> Bytes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    /// <summary>Whether a row's key of so many bytes is that of a key; the engine's own row has a shorter
    /// one.</summary>
    internal static bool IsOne(nuint bytes) => bytes > HashBytes;

    internal static ulong HashOf(ReadOnlySpan<byte> rowKey) => BinaryPrimitives.ReadUInt64BigEndian(rowKey);

    internal static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> rowKey) => rowKey[HashBytes..];

    /// <summary>Writes a row's key and returns its length.</summary>
    internal static int Write(ulong hash, ReadOnlySpan<byte> key, Span<byte> room)
    {
        BinaryPrimitives.WriteUInt64BigEndian(room, hash);
        key.CopyTo(room[HashBytes..]);
        return HashBytes + key.Length;
    }
}
