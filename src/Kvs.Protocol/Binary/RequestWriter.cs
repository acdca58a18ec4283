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

    // hello-body = lowest-version:u16 highest-version:u16 [ password-bytes:u16 password:bytes ]
    /// <summary>Writes the handshake: the versions that the client speaks, and a password where the server wants
    /// one.</summary>
    public static void WriteHello(
        IBufferWriter<byte> output,
        uint requestId,
        ushort lowest,
        ushort highest,
        ReadOnlySpan<byte> password = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(password.Length, BinaryProtocol.MaxPasswordBytes);
        int bytes = HelloBytes + (password.IsEmpty ? 0 : sizeof(ushort) + password.Length);
        Span<byte> body = Begin(output, Operation.Hello, requestId, (uint)bytes, bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(body, lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(body[sizeof(ushort)..], highest);
        if (!password.IsEmpty)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(body[HelloBytes..], (ushort)password.Length);
            password.CopyTo(body[(HelloBytes + sizeof(ushort))..]);
        }

        output.Advance(BinaryProtocol.HeaderBytes + bytes);
    }

    // ping-body =
    /// <summary>Writes a ping.</summary>
    public static void WritePing(IBufferWriter<byte> output, uint requestId) =>
        WriteBody(output, Operation.Ping, requestId, []);

    // stats-body =
    /// <summary>Writes a request for figures.</summary>
    public static void WriteStats(IBufferWriter<byte> output, uint requestId) =>
        WriteBody(output, Operation.Stats, requestId, []);

    // get-body = fields key:bytes
    /// <summary>Writes a get.</summary>
    public static void WriteGet(
        IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> key, in RequestFields fields = default) =>
        WriteBody(output, Operation.Get, requestId, key, fields);

    // remove-body = fields key:bytes
    /// <summary>Writes a remove.</summary>
    public static void WriteRemove(
        IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> key, in RequestFields fields = default) =>
        WriteBody(output, Operation.Remove, requestId, key, fields);

    // set-body = fields key-bytes:u32 key:bytes value:bytes
    /// <summary>Writes a set up to its value, which the caller sends next, byte for byte: so that a long value needs
    /// no second copy.</summary>
    public static void WriteSetBeforeValue(
        IBufferWriter<byte> output,
        uint requestId,
        ReadOnlySpan<byte> key,
        int valueBytes,
        in RequestFields fields = default)
    {
        int written = SetKeyOffset + key.Length;
        Span<byte> body = Begin(
            output, Operation.Set, requestId, (uint)written + (uint)valueBytes, written, fields);
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)key.Length);
        key.CopyTo(body[SetKeyOffset..]);
        output.Advance(BinaryProtocol.HeaderBytes + fields.Bytes + written);
    }

    // increment-body = fields delta:i64 key:bytes
    /// <summary>Writes an increment.</summary>
    public static void WriteIncrement(
        IBufferWriter<byte> output,
        uint requestId,
        ReadOnlySpan<byte> key,
        long delta,
        in RequestFields fields = default)
    {
        int bytes = sizeof(long) + key.Length;
        Span<byte> body = Begin(output, Operation.Increment, requestId, (uint)bytes, bytes, fields);
        BinaryPrimitives.WriteInt64LittleEndian(body, delta);
        key.CopyTo(body[sizeof(long)..]);
        output.Advance(BinaryProtocol.HeaderBytes + fields.Bytes + bytes);
    }

    // scan-body = cursor:u64 max-entries:u32 max-bytes:u32 prefix:bytes
    /// <summary>Writes a request for a page of entries.</summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="requestId">The request's number.</param>
    /// <param name="cursor">0 to begin; then what the page before said.</param>
    /// <param name="maxEntries">The most entries, at least 1.</param>
    /// <param name="maxBytes">Where the page ends, in bytes of keys and values.</param>
    /// <param name="prefix">Only keys that begin so.</param>
    /// <param name="keysOnly">Whether values are left out.</param>
    public static void WriteScan(
        IBufferWriter<byte> output,
        uint requestId,
        ulong cursor,
        uint maxEntries,
        uint maxBytes,
        ReadOnlySpan<byte> prefix = default,
        bool keysOnly = false)
    {
        int bytes = ScanBytes + prefix.Length;
        var fields = new RequestFields(keysOnly ? RequestFlags.KeysOnly : RequestFlags.None);
        Span<byte> body = Begin(output, Operation.Scan, requestId, (uint)bytes, bytes, fields);
        BinaryPrimitives.WriteUInt64LittleEndian(body, cursor);
        BinaryPrimitives.WriteUInt32LittleEndian(body[sizeof(ulong)..], maxEntries);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(sizeof(ulong) + sizeof(uint))..], maxBytes);
        prefix.CopyTo(body[ScanBytes..]);
        output.Advance(BinaryProtocol.HeaderBytes + bytes);
    }

    private static void WriteBody(
        IBufferWriter<byte> output,
        Operation operation,
        uint requestId,
        ReadOnlySpan<byte> bytes,
        in RequestFields fields = default)
    {
        bytes.CopyTo(Begin(output, operation, requestId, (uint)bytes.Length, bytes.Length, fields));
        output.Advance(BinaryProtocol.HeaderBytes + fields.Bytes + bytes.Length);
    }

    /// <summary>Writes the header and the fields, and returns room for the bytes of the body that follow them at once.
    /// </summary>
    private static Span<byte> Begin(
        IBufferWriter<byte> output,
        Operation operation,
        uint requestId,
        uint restBytes,
        int roomBytes,
        in RequestFields fields = default)
    {
        int fieldBytes = fields.Bytes;
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + fieldBytes + roomBytes);
        new FrameHeader((byte)operation, (ushort)fields.Flags, requestId, (uint)fieldBytes + restBytes)
            .Write(frame, BinaryProtocol.RequestMagic);
        fields.Write(frame[BinaryProtocol.HeaderBytes..]);
        return frame[(BinaryProtocol.HeaderBytes + fieldBytes)..];
    }
}
