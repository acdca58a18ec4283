using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;

namespace Kvs.ClientProgram.JsonLines;

/// <summary>Writes entries as lines that <see cref="JsonLine"/> reads. For one thread.</summary>
/// <remarks>
/// Escapes what JSON wants escaped and nothing else, so that the lines are as readable as the data; the library's
/// writer escapes every character beyond the 65,536th as well, and refuses strings of more than some 160 MB.
/// </remarks>
internal sealed class JsonLineWriter(Stream stream)
{
    // Divisible by 3, so that base64 pieces can be put side by side.
    private const int Base64PieceBytes = 48 * 1024;

    private static readonly SearchValues<byte> s_escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (byte)code), (byte)'"', (byte)'\\']);

    private readonly byte[] _base64 = new byte[Base64.GetMaxEncodedToUtf8Length(Base64PieceBytes)];

    /// <summary>Writes an entry and a line end.</summary>
    public void Write(KvsEntry entry)
    {
        stream.Write("{\""u8);
        WriteProperty(entry.Key.Span, JsonLine.Key, JsonLine.Key64);
        stream.Write(",\""u8);
        WriteProperty(entry.Value.Span, JsonLine.Value, JsonLine.Value64);
        stream.Write("}\n"u8);
    }

    private void WriteProperty(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> textName, ReadOnlySpan<byte> base64Name)
    {
        bool isText = Utf8.IsValid(bytes);
        stream.Write(isText ? textName : base64Name);
        stream.Write("\":\""u8);
        if (isText)
        {
            WriteText(bytes);
        }
        else
        {
            WriteBase64(bytes);
        }

        stream.WriteByte((byte)'"');
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        int length;
        while ((length = text.IndexOfAny(s_escaped)) >= 0)
        {
            stream.Write(text[..length]);
            WriteEscaped(text[length]);
            text = text[(length + 1)..];
        }

        stream.Write(text);
    }

    private void WriteEscaped(byte character)
    {
        stream.WriteByte((byte)'\\');
        switch (character)
        {
            case (byte)'\b':
                stream.WriteByte((byte)'b');
                break;
            case (byte)'\t':
                stream.WriteByte((byte)'t');
                break;
            case (byte)'\n':
                stream.WriteByte((byte)'n');
                break;
            case (byte)'\f':
                stream.WriteByte((byte)'f');
                break;
            case (byte)'\r':
                stream.WriteByte((byte)'r');
                break;
            case < 0x20:
                stream.Write("u00"u8);
                stream.WriteByte((byte)('0' + (character >> 4)));
                stream.WriteByte("0123456789ABCDEF"u8[character & 0xF]);
                break;
            default:
                stream.WriteByte(character);
                break;
        }
    }

    private void WriteBase64(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, Base64PieceBytes)];
            Base64.EncodeToUtf8(piece, _base64, out _, out int written);
            stream.Write(_base64.AsSpan(0, written));
            bytes = bytes[piece.Length..];
        }
    }
}
