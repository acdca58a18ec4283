using System.Text;
using System.Text.Unicode;

namespace Kvs.Text;

/// <summary>Bytes as a message shows them.</summary>
internal static class ReadableBytes
{
    /// <summary>How much of the bytes a message shows: enough to recognise them, and one line all the same.</summary>
    private const int ShownBytes = 64;

    /// <summary>As text in quotes where they are printable text, else in hexadecimal; long ones are cut.</summary>
    internal static string Describe(ReadOnlySpan<byte> bytes, int shownBytes = ShownBytes)
    {
        string length = bytes.Length > shownBytes ? $"... ({bytes.Length} bytes)" : "";
        if (Utf8.IsValid(bytes))
        {
            string text = Encoding.UTF8.GetString(CutBetweenCharacters(bytes, shownBytes));
            if (!text.Any(char.IsControl))
            {
                return $"\"{text}\"{length}";
            }
        }

        return $"0x{Convert.ToHexString(bytes[..Math.Min(bytes.Length, shownBytes)])}{length}";
    }

    private static ReadOnlySpan<byte> CutBetweenCharacters(ReadOnlySpan<byte> text, int shownBytes)
    {
        if (text.Length <= shownBytes)
        {
            return text;
        }

        int end = shownBytes;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }
}
