using System.Buffers.Binary;
using System.Text;

namespace Kvs.Protocol.Binary;

/// <summary>Decodes the bodies of replies. A method is false where the body is not what the operation's reply looks
/// like. The grammar of each is above its encoder in <see cref="ReplyWriter"/>.</summary>
public static class ReplyReader
{
    /// <summary>Reads the answer to the handshake. Bytes behind what is known are left to later versions.</summary>
    public static bool TryReadHello(ReadOnlySpan<byte> body, out ServerHello hello)
    {
        hello = default;
        if (body.Length < ReplyWriter.HelloBytes)
        {
            return false;
        }

        hello = new ServerHello(
            BinaryPrimitives.ReadUInt16LittleEndian(body),
            BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[16..]));
        return true;
    }

    /// <summary>Takes version and expiry off the front of a value, where they were asked for.</summary>
    public static bool TryReadInfo(ref ReadOnlySpan<byte> value, out ValueInfo info)
    {
        info = default;
        if (value.Length < ReplyWriter.InfoBytes)
        {
            return false;
        }

        ulong version = BinaryPrimitives.ReadUInt64LittleEndian(value);
        long expiryMs = BinaryPrimitives.ReadInt64LittleEndian(value[sizeof(ulong)..]);
        value = value[ReplyWriter.InfoBytes..];
        info = new ValueInfo(value.Length, version, expiryMs);
        return true;
    }

    /// <summary>Reads an error's message, whatever bytes it has.</summary>
    public static string ReadMessage(ReadOnlySpan<byte> body) =>
        Encoding.UTF8.GetString(body[..Math.Min(body.Length, BinaryProtocol.MaxMessageBytes)]);

    /// <summary>Reads figures, in the order in which the server sent them. A line without a colon is none.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ReadStats(ReadOnlySpan<byte> body)
    {
        var figures = new List<KeyValuePair<string, string>>();
        foreach (string line in Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                figures.Add(new KeyValuePair<string, string>(line[..colon], line[(colon + 1)..]));
            }
        }

        return figures;
    }

    /// <summary>Reads a page of entries. Their bytes are slices of <paramref name="body"/>, not copies.</summary>
    public static bool TryReadScan(ReadOnlyMemory<byte> body, out ScanPage page)
    {
        page = new ScanPage([], 0);
        if (body.Length < ReplyWriter.ScanHeadBytes)
        {
            return false;
        }

        ulong next = BinaryPrimitives.ReadUInt64LittleEndian(body.Span);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(body.Span[sizeof(ulong)..]);
        ReadOnlyMemory<byte> rest = body[ReplyWriter.ScanHeadBytes..];

        // Before room is made for the entries: each takes its lengths at least.
        if (count > (uint)(rest.Length / ReplyWriter.ScanEntryBytes))
        {
            return false;
        }

        var entries = new List<KvsEntry>((int)count);
        for (uint i = 0; i < count; i++)
        {
            if (!TryReadEntry(ref rest, out KvsEntry entry))
            {
                return false;
            }

            entries.Add(entry);
        }

        page = new ScanPage(entries, next);
        return rest.IsEmpty;
    }

    private static bool TryReadEntry(ref ReadOnlyMemory<byte> rest, out KvsEntry entry)
    {
        entry = default;
        if (rest.Length < ReplyWriter.ScanEntryBytes)
        {
            return false;
        }

        uint keyBytes = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        uint valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span[sizeof(uint)..]);
        rest = rest[ReplyWriter.ScanEntryBytes..];
        if ((ulong)keyBytes + valueBytes > (ulong)rest.Length)
        {
            return false;
        }

        int entryBytes = (int)(keyBytes + valueBytes);
        entry = new KvsEntry(rest[..(int)keyBytes], rest[(int)keyBytes..entryBytes]);
        rest = rest[entryBytes..];
        return true;
    }
}
