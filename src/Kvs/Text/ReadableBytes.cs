using System.Text;
using System.Text.Unicode;

namespace Kvs.Text;

/// <summary>Bytes as a message shows them.</summary>
internal static class ReadableBytes
{
    /// <summary>How much of the bytes a message shows: enough to recognise them, and one line all the same.</summary>
    private const int ShownBytes = 64;

    /// <summary>As text in quotes where they are printable text, else in hexadecimal; long ones are cut.</summary>
    internal static string Describe(ReadOnlySpan<byte> bytes)
    {
        string length = bytes.Length > ShownBytes ? $"... ({bytes.Length} bytes)" : "";
        if (Utf8.IsValid(bytes))
        {
            string text = Encoding.UTF8.GetString(CutBetweenCharacters(bytes));
            if (!text.Any(char.IsControl))
            {
                return $"\"{text}\"{length}";
            }
        }

        return $"0x{Convert.ToHexString(bytes[..Math.Min(bytes.Length, ShownBytes)])}{length}";
    }

    private static ReadOnlySpan<byte> CutBetweenCharacters(ReadOnlySpan<byte> text)
    {
        if (text.Length <= ShownBytes)
        {
            return text;
        }

        int end = ShownBytes;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }
}
