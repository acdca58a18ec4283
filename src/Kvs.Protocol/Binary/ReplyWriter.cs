using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Kvs.Protocol.Binary;

/// <summary>Encodes replies. Above each encoder stands the grammar of the body that it writes; each is one whole
/// frame, except where the name says otherwise.</summary>
public static class ReplyWriter
{
    /// <summary>Bytes of a handshake's reply.</summary>
    internal const int HelloBytes = sizeof(ushort) + sizeof(ushort) + (4 * sizeof(uint));

    /// <summary>Bytes in front of a value where its version was asked for.</summary>
    public const int InfoBytes = sizeof(ulong) + sizeof(ulong);

    /// <summary>Bytes before the first entry of a page.</summary>
    internal const int ScanHeadBytes = sizeof(ulong) + sizeof(uint);

    /// <summary>Bytes of an entry in a page beside its key and value.</summary>
    internal const int ScanEntryBytes = 2 * sizeof(uint);

    // empty-reply =
    /// <summary>Writes a reply without a body.</summary>
    public static void WriteEmpty(IBufferWriter<byte> output, uint requestId, ReplyStatus status)
    {
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes);
        WriteHeader(frame, requestId, status, 0);
        output.Advance(BinaryProtocol.HeaderBytes);
    }

    // number-reply = number:u64
    /// <summary>Writes a reply that is a version or a sum.</summary>
    public static void WriteNumber(IBufferWriter<byte> output, uint requestId, ReplyStatus status, ulong number)
    {
        const int frameBytes = BinaryProtocol.HeaderBytes + sizeof(ulong);
        Span<byte> frame = output.GetSpan(frameBytes);
        WriteHeader(frame, requestId, status, sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[BinaryProtocol.HeaderBytes..], number);
        output.Advance(frameBytes);
    }

    // value-reply = [ info ] value:bytes
    /// <summary>Writes the header before a value that the caller has put, or will put, right behind it.</summary>
    public static void WriteValueHeader(Span<byte> destination, uint requestId, int valueBytes) =>
        WriteHeader(destination, requestId, ReplyStatus.Ok, (uint)valueBytes);

    // info = version:u64 expires-at:u64
    /// <summary>Writes what stands in front of a value where its version was asked for.</summary>
    public static void WriteInfo(Span<byte> destination, in ValueInfo info)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, info.Version);
        BinaryPrimitives.WriteInt64LittleEndian(destination[sizeof(ulong)..], info.ExpiryMilliseconds);
    }

    // hello-reply = version:u16 0:u16 max-key-bytes:u32 max-value-bytes:u32 max-request-bytes:u32 max-reply-bytes:u32
    /// <summary>Writes the answer to the handshake.</summary>
    public static void WriteHello(IBufferWriter<byte> output, uint requestId, in ServerHello hello)
    {
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + HelloBytes);
        WriteHeader(frame, requestId, ReplyStatus.Ok, HelloBytes);
        Span<byte> body = frame[BinaryProtocol.HeaderBytes..];
        BinaryPrimitives.WriteUInt16LittleEndian(body, hello.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(body[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], hello.MaxKeyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], hello.MaxValueBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[12..], hello.MaxRequestBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[16..], hello.MaxReplyBytes);
        output.Advance(BinaryProtocol.HeaderBytes + HelloBytes);
    }

    // stats-reply = *( name:utf-8 ":" value:utf-8 LF )
    /// <summary>Writes figures, one a line.</summary>
    public static void WriteStats(IBufferWriter<byte> output, uint requestId, string lines)
    {
        int bytes = Encoding.UTF8.GetByteCount(lines);
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + bytes);
        WriteHeader(frame, requestId, ReplyStatus.Ok, (uint)bytes);
        Encoding.UTF8.GetBytes(lines, frame[BinaryProtocol.HeaderBytes..]);
        output.Advance(BinaryProtocol.HeaderBytes + bytes);
    }

    // scan-reply = next-cursor:u64 count:u32 count*( key-bytes:u32 value-bytes:u32 key:bytes value:bytes )
    /// <summary>Writes a page of entries.</summary>
    public static void WriteScan(IBufferWriter<byte> output, uint requestId, ScanPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        long bodyBytes = ScanHeadBytes;
        foreach (KvsEntry entry in page.Entries)
        {
            bodyBytes += ScanEntryBytes + entry.Key.Length + entry.Value.Length;
        }

        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + ScanHeadBytes);
        WriteHeader(frame, requestId, ReplyStatus.Ok, checked((uint)bodyBytes));
        Span<byte> head = frame[BinaryProtocol.HeaderBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(head, page.NextCursor);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(ulong)..], (uint)page.Entries.Count);
        output.Advance(BinaryProtocol.HeaderBytes + ScanHeadBytes);
        foreach (KvsEntry entry in page.Entries)
        {
            WriteEntry(output, entry);
        }
    }

    // error-reply = message:utf-8
    /// <summary>Writes an error; the message is cut at <see cref="BinaryProtocol.MaxMessageBytes"/>.</summary>
    public static void WriteError(
        IBufferWriter<byte> output, uint requestId, ReplyStatus status, ReplyFlags flags, string message)
    {
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + BinaryProtocol.MaxMessageBytes);
        Span<byte> body = frame.Slice(BinaryProtocol.HeaderBytes, BinaryProtocol.MaxMessageBytes);

        // Cuts between characters, never inside one.
        _ = Utf8.FromUtf16(message, body, out _, out int bytes);
        new FrameHeader((byte)status, (ushort)flags, requestId, (uint)bytes).Write(frame, BinaryProtocol.ReplyMagic);
        output.Advance(BinaryProtocol.HeaderBytes + bytes);
    }

    private static void WriteEntry(IBufferWriter<byte> output, KvsEntry entry)
    {
        Span<byte> lengths = output.GetSpan(ScanEntryBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(lengths, (uint)entry.Key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(lengths[sizeof(uint)..], (uint)entry.Value.Length);
        output.Advance(ScanEntryBytes);
        output.Write(entry.Key.Span);
        output.Write(entry.Value.Span);
    }

    private static void WriteHeader(Span<byte> frame, uint requestId, ReplyStatus status, uint bodyBytes) =>
        new FrameHeader((byte)status, (ushort)ReplyFlags.None, requestId, bodyBytes)
            .Write(frame, BinaryProtocol.ReplyMagic);
}
