using System.Buffers;
using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>Encodes requests. Above each encoder stands the grammar of the body that it writes; each is one whole
/// frame, except where the name says otherwise.</summary>
public static class RequestWriter
{
    /// <summary>Bytes before the key in the body of a set.</summary>
    internal const int SetKeyOffset = sizeof(uint);

    /// <summary>Bytes of a scan's body.</summary>
    internal const int ScanBytes = sizeof(ulong) + sizeof(uint) + sizeof(uint);

    /// <summary>Bytes of a handshake's body.</summary>
    internal const int HelloBytes = sizeof(ushort) + sizeof(ushort);

    // hello-body = lowest-version:u16 highest-version:u16
    /// <summary>Writes the handshake: the versions that the client speaks.</summary>
    public static void WriteHello(IBufferWriter<byte> output, uint requestId, ushort lowest, ushort highest)
    {
        Span<byte> body = Begin(output, Operation.Hello, requestId, HelloBytes, HelloBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(body, lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(body[sizeof(ushort)..], highest);
        output.Advance(BinaryProtocol.HeaderBytes + HelloBytes);
    }

    // ping-body =
    /// <summary>Writes a ping.</summary>
    public static void WritePing(IBufferWriter<byte> output, uint requestId) =>
        WriteBody(output, Operation.Ping, requestId, []);

    // stats-body =
    /// <summary>Writes a request for figures.</summary>
    public static void WriteStats(IBufferWriter<byte> output, uint requestId) =>
        WriteBody(output, Operation.Stats, requestId, []);

    // get-body = key:bytes
    /// <summary>Writes a get.</summary>
    public static void WriteGet(IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> key) =>
        WriteBody(output, Operation.Get, requestId, key);

    // remove-body = key:bytes
    /// <summary>Writes a remove.</summary>
    public static void WriteRemove(IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> key) =>
        WriteBody(output, Operation.Remove, requestId, key);

    // set-body = key-bytes:u32 key:bytes value:bytes
    /// <summary>Writes a set up to its value, which the caller sends next, byte for byte: so that a long value needs
    /// no second copy.</summary>
    public static void WriteSetBeforeValue(
        IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> key, int valueBytes)
    {
        uint bodyBytes = (uint)SetKeyOffset + (uint)key.Length + (uint)valueBytes;
        int written = SetKeyOffset + key.Length;
        Span<byte> body = Begin(output, Operation.Set, requestId, bodyBytes, written);
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)key.Length);
        key.CopyTo(body[SetKeyOffset..]);
        output.Advance(BinaryProtocol.HeaderBytes + written);
    }

    // scan-body = cursor:u64 max-entries:u32 max-bytes:u32
    /// <summary>Writes a request for a page of entries.</summary>
    public static void WriteScan(
        IBufferWriter<byte> output, uint requestId, ulong cursor, uint maxEntries, uint maxBytes)
    {
        Span<byte> body = Begin(output, Operation.Scan, requestId, ScanBytes, ScanBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(body, cursor);
        BinaryPrimitives.WriteUInt32LittleEndian(body[sizeof(ulong)..], maxEntries);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(sizeof(ulong) + sizeof(uint))..], maxBytes);
        output.Advance(BinaryProtocol.HeaderBytes + ScanBytes);
    }

    private static void WriteBody(
        IBufferWriter<byte> output, Operation operation, uint requestId, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Begin(output, operation, requestId, (uint)bytes.Length, bytes.Length));
        output.Advance(BinaryProtocol.HeaderBytes + bytes.Length);
    }

    /// <summary>Writes the header and returns room for the bytes of the body that follow it at once.</summary>
    private static Span<byte> Begin(
        IBufferWriter<byte> output, Operation operation, uint requestId, uint bodyBytes, int roomBytes)
    {
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + roomBytes);
        new FrameHeader((byte)operation, 0, requestId, bodyBytes).Write(frame, BinaryProtocol.RequestMagic);
        return frame[BinaryProtocol.HeaderBytes..];
    }
}
