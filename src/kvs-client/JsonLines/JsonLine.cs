using System.Text.Json;
using System.Text.Unicode;

namespace Kvs.ClientProgram.JsonLines;

/// <summary>
/// Reads one line of an export: <c>{"key": "...", "value": "..."}</c>. Bytes that are not UTF-8 stand as base64 under
/// <c>key64</c> and <c>value64</c>.
/// </summary>
internal static class JsonLine
{
    /// <summary>The names of the properties, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Key => "key"u8;

    /// <inheritdoc cref="Key"/>
    public static ReadOnlySpan<byte> Key64 => "key64"u8;

    /// <inheritdoc cref="Key"/>
    public static ReadOnlySpan<byte> Value => "value"u8;

    /// <inheritdoc cref="Key"/>
    public static ReadOnlySpan<byte> Value64 => "value64"u8;

    /// <summary>Reads a line.</summary>
    /// <exception cref="BadLineException">The line is not an entry.</exception>
    public static KvsEntry Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return ParseObject(new Utf8JsonReader(line));
        }
        catch (JsonException exception)
        {
            throw new BadLineException($"it is not JSON (at byte {exception.BytePositionInLine + 1})", exception);
        }
    }

    private static KvsEntry ParseObject(Utf8JsonReader reader)
    {
        byte[]? key = null;
        byte[]? value = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new BadLineException("it is not a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(Key) || reader.ValueTextEquals(Key64))
            {
                ReadBytes(ref reader, "key", reader.ValueTextEquals(Key64), ref key);
            }
            else if (reader.ValueTextEquals(Value) || reader.ValueTextEquals(Value64))
            {
                ReadBytes(ref reader, "value", reader.ValueTextEquals(Value64), ref value);
            }
            else
            {
                throw new BadLineException("it has a property that is none of key, value, key64, value64");
            }
        }

        // Whatever stands behind the object is an error of the reader's.
        reader.Read();
        if (key is null || value is null)
        {
            throw new BadLineException($"it has no {(key is null ? "key" : "value")}");
        }

        return key.Length > 0 ? new KvsEntry(key, value) : throw new BadLineException("its key is empty");
    }

    private static void ReadBytes(ref Utf8JsonReader reader, string what, bool isBase64, ref byte[]? bytes)
    {
        reader.Read();
        if (bytes is not null)
        {
            throw new BadLineException($"it has more than one {what}");
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw new BadLineException($"its {what} is not a string");
        }

        if (!isBase64)
        {
            bytes = ReadText(ref reader, what);
        }
        else if (!reader.TryGetBytesFromBase64(out bytes))
        {
            throw new BadLineException($"its {what}64 is not base64");
        }
    }

    private static byte[] ReadText(ref Utf8JsonReader reader, string what)
    {
        if (!reader.ValueIsEscaped)
        {
            return Utf8.IsValid(reader.ValueSpan)
                ? reader.ValueSpan.ToArray()
                : throw new BadLineException($"its {what} is not UTF-8; such bytes go under {what}64 as base64");
        }

        byte[] text = new byte[reader.ValueSpan.Length];
        try
        {
            return text[..reader.CopyString(text)];
        }
        catch (InvalidOperationException exception)
        {
            throw new BadLineException($"its {what} is no text: half a surrogate pair, or not UTF-8", exception);
        }
    }
}
