using System.Buffers.Text;

namespace Kvs.Protocol.Resp;

/// <summary>Whole numbers as Redis takes them: only the one way to write each. No plus sign, no spaces, no leading
/// zeros.</summary>
public static class RespNumber
{
    /// <summary>Room for any of them, in bytes.</summary>
    public const int MaxBytes = 20;

    /// <summary>Reads a number; false where it is none of 64 bits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        if (text.IsEmpty || text.Length > MaxBytes)
        {
            return false;
        }

        bool isNegative = text[0] == (byte)'-';
        ReadOnlySpan<byte> digits = isNegative ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == (byte)'0' && text.Length > 1))
        {
            return false;
        }

        ulong sum = 0;
        foreach (byte next in digits)
        {
            uint digit = (uint)next - '0';
            if (digit > 9 || sum > (ulong.MaxValue - digit) / 10)
            {
                return false;
            }

            sum = (sum * 10) + digit;
        }

        number = unchecked(isNegative ? -(long)sum : (long)sum);
        return sum <= (ulong)long.MaxValue + (isNegative ? 1UL : 0);
    }

    /// <summary>Writes a number, and says how many bytes it has.</summary>
    public static int Write(long number, Span<byte> destination)
    {
        _ = Utf8Formatter.TryFormat(number, destination, out int bytes);
        return bytes;
    }
}
