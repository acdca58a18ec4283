using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>Decodes the bodies of requests. Each method is false where the body is not what the operation asks for,
/// and then nothing of it means anything. The grammar of each is above its encoder in <see cref="RequestWriter"/>.
/// </summary>
public static class RequestReader
{
    /// <summary>Reads a handshake. Bytes behind what is known are left to later versions, for this one request.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="lowest">The lowest version that the client speaks.</param>
    /// <param name="highest">The highest.</param>
    /// <param name="password">The password; empty where there is none.</param>
    public static bool TryReadHello(
        ReadOnlySpan<byte> body, out ushort lowest, out ushort highest, out ReadOnlySpan<byte> password)
    {
        lowest = highest = 0;
        password = default;
        if (body.Length < RequestWriter.HelloBytes)
        {
            return false;
        }

        lowest = BinaryPrimitives.ReadUInt16LittleEndian(body);
        highest = BinaryPrimitives.ReadUInt16LittleEndian(body[sizeof(ushort)..]);
        return lowest <= highest && TryReadPassword(body[RequestWriter.HelloBytes..], out password);
    }

    /// <summary>Reads a set; key and value are slices of the body.</summary>
    public static bool TryReadSet(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = value = default;
        if (body.Length < RequestWriter.SetKeyOffset)
        {
            return false;
        }

        // Compared as unsigned numbers: a length of 0xFFFFFFFF is long, not negative.
        uint keyBytes = BinaryPrimitives.ReadUInt32LittleEndian(body);
        ReadOnlySpan<byte> rest = body[RequestWriter.SetKeyOffset..];
        if (keyBytes > (uint)rest.Length)
        {
            return false;
        }

        key = rest[..(int)keyBytes];
        value = rest[(int)keyBytes..];
        return true;
    }

    /// <summary>Reads an increment; the key is a slice of the body.</summary>
    public static bool TryReadIncrement(ReadOnlySpan<byte> body, out long delta, out ReadOnlySpan<byte> key)
    {
        bool isWhole = BinaryPrimitives.TryReadInt64LittleEndian(body, out delta);
        key = isWhole ? body[sizeof(long)..] : default;
        return isWhole;
    }

    /// <summary>Reads a request for a page of entries; the prefix is a slice of the body.</summary>
    public static bool TryReadScan(
        ReadOnlySpan<byte> body,
        out ulong cursor,
        out uint maxEntries,
        out uint maxBytes,
        out ReadOnlySpan<byte> prefix)
    {
        cursor = 0;
        maxEntries = maxBytes = 0;
        prefix = default;
        if (body.Length < RequestWriter.ScanBytes)
        {
            return false;
        }

        cursor = BinaryPrimitives.ReadUInt64LittleEndian(body);
        maxEntries = BinaryPrimitives.ReadUInt32LittleEndian(body[sizeof(ulong)..]);
        maxBytes = BinaryPrimitives.ReadUInt32LittleEndian(body[(sizeof(ulong) + sizeof(uint))..]);
        prefix = body[RequestWriter.ScanBytes..];
        return maxEntries > 0;
    }

    private static bool TryReadPassword(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> password)
    {
        password = default;
        if (body.IsEmpty)
        {
            return true;
        }

        if (!BinaryPrimitives.TryReadUInt16LittleEndian(body, out ushort bytes) ||
            bytes > body.Length - sizeof(ushort))
        {
            return false;
        }

        password = body.Slice(sizeof(ushort), bytes);
        return true;
    }
}
