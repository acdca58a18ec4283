using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>Where a request about a single key lies among others that have arrived together.</summary>
/// <param name="Header">Its header.</param>
/// <param name="BodyStart">Where its body begins.</param>
/// <param name="Key">Where its key lies, as far as can be told without refusing it.</param>
public readonly record struct SingleRequest(FrameHeader Header, int BodyStart, KeyRange Key)
{
    /// <summary>The request as a decoder would hand it out.</summary>
    public Frame In(ReadOnlySpan<byte> bytes) => new(Header, bytes.Slice(BodyStart, (int)Header.BodyBytes));

    /// <summary>Where the next request begins.</summary>
    public int End => BodyStart + (int)Header.BodyBytes;

    /// <summary>Finds complete requests about single keys that lie one behind the other from the first byte on; returns
    /// how many. Stops before anything else, and before what no decoder would take.</summary>
    public static int FindAll(ReadOnlySpan<byte> bytes, uint maxBodyBytes, Span<SingleRequest> requests)
    {
        int start = 0;
        int count = 0;
        while (count < requests.Length && TryFind(bytes, start, maxBodyBytes, out requests[count]))
        {
            start = requests[count++].End;
        }

        return count;
    }

    private static bool TryFind(ReadOnlySpan<byte> bytes, int start, uint maxBodyBytes, out SingleRequest request)
    {
        request = default;
        ReadOnlySpan<byte> rest = bytes[start..];
        if (rest.Length < BinaryProtocol.HeaderBytes || rest[0] != BinaryProtocol.RequestMagic)
        {
            return false;
        }

        FrameHeader header = FrameHeader.Read(rest);
        rest = rest[BinaryProtocol.HeaderBytes..];
        if (header.BodyBytes > maxBodyBytes || header.BodyBytes > (uint)rest.Length)
        {
            return false;
        }

        int keyStart = new RequestFields((RequestFlags)header.Flags).Bytes;
        uint keyBytes;
        ReadOnlySpan<byte> body = rest[..(int)header.BodyBytes];
        switch ((Operation)header.Code)
        {
            case Operation.Get or Operation.Remove:
                keyBytes = header.BodyBytes;
                break;
            case Operation.Increment:
                keyStart += sizeof(ulong);
                keyBytes = header.BodyBytes;
                break;
            case Operation.Set when body.Length >= keyStart + sizeof(uint):
                keyBytes = BinaryPrimitives.ReadUInt32LittleEndian(body[keyStart..]);
                keyStart += sizeof(uint);
                break;
            default:
                return false;
        }

        int bodyStart = start + BinaryProtocol.HeaderBytes;
        keyStart = Math.Min(keyStart, body.Length);
        keyBytes = Math.Min(keyBytes, (uint)(body.Length - keyStart));
        request = new SingleRequest(header, bodyStart, new KeyRange(bodyStart + keyStart, (int)keyBytes));
        return true;
    }
}
