using System.Buffers;
using System.Text;

namespace Kvs.Protocol.Resp;

/// <summary>
/// Writes replies, in the version of the protocol that the client has asked for: what version 2 has no form for goes
/// out in the form that Redis gives it there. Above each encoder stands the grammar of what it writes.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class RespWriter
{
    /// <summary>Room for a byte that says what follows, a number and the end of the line.</summary>
    public const int MaxHeadBytes = 1 + RespNumber.MaxBytes + RespProtocol.LineEndBytes;

    /// <summary>Makes a writer.</summary>
    /// <param name="output">Where replies go.</param>
    public RespWriter(IBufferWriter<byte> output) => Output = output;

    /// <summary>Where replies go.</summary>
    public IBufferWriter<byte> Output { get; set; }

    /// <summary>The version of the protocol, 2 or 3.</summary>
    public int Version { get; set; } = RespProtocol.OldestVersion;

    private bool IsNew => Version > RespProtocol.OldestVersion;

    // "+" text CRLF
    /// <summary>Writes a word that is not the client's: a status.</summary>
    public void Simple(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>Writes the status OK.</summary>
    public void Ok() => Output.Write("+OK\r\n"u8);

    // "-" text CRLF
    /// <summary>Writes an error: a word in capitals, and what a person needs.</summary>
    public void Error(ReadOnlySpan<byte> text) => Line((byte)'-', text);

    /// <summary>Writes an error that may hold what a client has sent: it stays one line.</summary>
    public void Error(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim("\r\n");
        byte[] bytes = new byte[trimmed.Length];

        // Bytes of the client came as one character each, and go out as they came.
        _ = Encoding.Latin1.GetBytes(trimmed, bytes);
        foreach (ref byte letter in bytes.AsSpan())
        {
            letter = letter is (byte)'\r' or (byte)'\n' ? (byte)' ' : letter;
        }

        Line((byte)'-', bytes);
    }

    // ":" number CRLF
    /// <summary>Writes a whole number.</summary>
    public void Number(long number) => Head((byte)':', number);

    /// <summary>Writes 1 or 0, as Redis answers yes or no.</summary>
    public void Flag(bool isTrue) => Output.Write(isTrue ? ":1\r\n"u8 : ":0\r\n"u8);

    // "$" length CRLF bytes CRLF
    /// <summary>Writes bytes.</summary>
    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = Output.GetSpan(MaxHeadBytes + bytes.Length + RespProtocol.LineEndBytes);
        int head = WriteHead(room, (byte)'$', bytes.Length);
        bytes.CopyTo(room[head..]);
        "\r\n"u8.CopyTo(room[(head + bytes.Length)..]);
        Output.Advance(head + bytes.Length + RespProtocol.LineEndBytes);
    }

    /// <summary>Writes text.</summary>
    public void Bulk(string text) => Bulk(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a number as text.</summary>
    public void BulkNumber(long number)
    {
        Span<byte> text = stackalloc byte[RespNumber.MaxBytes];
        Bulk(text[..RespNumber.Write(number, text)]);
    }

    // 2: "$-1" CRLF                3: "_" CRLF
    /// <summary>Writes that there is nothing.</summary>
    public void Null() => Output.Write(IsNew ? "_\r\n"u8 : "$-1\r\n"u8);

    // 2: "*-1" CRLF                3: "_" CRLF
    /// <summary>Writes that there is no array.</summary>
    public void NullArray() => Output.Write(IsNew ? "_\r\n"u8 : "*-1\r\n"u8);

    // "*" count CRLF { reply }
    /// <summary>Begins an array: so many replies follow.</summary>
    public void Array(int count) => Head((byte)'*', count);

    // 2: "*" 2 count CRLF { reply reply }          3: "%" count CRLF { reply reply }
    /// <summary>Begins a map: so many pairs of replies follow.</summary>
    public void Map(int count) => Head(IsNew ? (byte)'%' : (byte)'*', IsNew ? count : 2L * count);

    // 2: "*" count CRLF { reply }                  3: "~" count CRLF { reply }
    /// <summary>Begins a set: so many replies follow.</summary>
    public void Set(int count) => Head(IsNew ? (byte)'~' : (byte)'*', count);

    // 2: "$" length CRLF text CRLF                 3: "=" length + 4 CRLF "txt:" text CRLF
    /// <summary>Writes text for people.</summary>
    public void Text(string text)
    {
        if (!IsNew)
        {
            Bulk(text);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        ReadOnlySpan<byte> format = "txt:"u8;
        Head((byte)'=', format.Length + bytes.Length);
        Output.Write(format);
        Output.Write(bytes);
        Output.Write("\r\n"u8);
    }

    /// <summary>Writes the head of a reply to the start of some bytes, and says how long it is.</summary>
    public static int WriteHead(Span<byte> destination, byte kind, long number)
    {
        destination[0] = kind;
        int bytes = 1 + RespNumber.Write(number, destination[1..]);
        destination[bytes] = (byte)'\r';
        destination[bytes + 1] = (byte)'\n';
        return bytes + RespProtocol.LineEndBytes;
    }

    private void Head(byte kind, long number)
    {
        Span<byte> room = Output.GetSpan(MaxHeadBytes);
        Output.Advance(WriteHead(room, kind, number));
    }

    private void Line(byte kind, ReadOnlySpan<byte> text)
    {
        Span<byte> room = Output.GetSpan(1 + text.Length + RespProtocol.LineEndBytes);
        room[0] = kind;
        text.CopyTo(room[1..]);
        "\r\n"u8.CopyTo(room[(1 + text.Length)..]);
        Output.Advance(1 + text.Length + RespProtocol.LineEndBytes);
    }
}
