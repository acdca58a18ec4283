using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>The twelve bytes at the start of every frame.</summary>
/// <remarks><code>
/// header = magic:u8 code:u8 flags:u16 request-id:u32 body-bytes:u32      all little-endian
/// </code></remarks>
/// <param name="Code">A request's <see cref="Operation"/>, a reply's <see cref="ReplyStatus"/>.</param>
/// <param name="Flags">A request's optional fields, a reply's <see cref="ReplyFlags"/>.</param>
/// <param name="RequestId">Chosen by the client, returned in the reply.</param>
/// <param name="BodyBytes">The length of what follows, in bytes; not yet checked against any limit.</param>
public readonly record struct FrameHeader(byte Code, ushort Flags, uint RequestId, uint BodyBytes)
{
    private const int CodeOffset = 1;
    private const int FlagsOffset = 2;
    private const int RequestIdOffset = 4;
    private const int BodyBytesOffset = 8;

    /// <summary>Writes the header to the first <see cref="BinaryProtocol.HeaderBytes"/> bytes.</summary>
    public void Write(Span<byte> destination, byte magic)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination[BodyBytesOffset..], BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[RequestIdOffset..], RequestId);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[FlagsOffset..], Flags);
        destination[CodeOffset] = Code;
        destination[0] = magic;
    }

    /// <summary>Reads the header behind a magic byte that the caller has checked.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        source[CodeOffset],
        BinaryPrimitives.ReadUInt16LittleEndian(source[FlagsOffset..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[RequestIdOffset..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[BodyBytesOffset..]));
}
