using System.Globalization;
using System.Numerics;
using System.Text;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// A number with 64 significant bits, as processors of the x86 family have it and Redis computes INCRBYFLOAT with. Done
/// with whole numbers, so that every processor gives the digits that Redis gives.
/// </summary>
internal readonly struct ExtendedFloat
{
    private const int SignificantBits = 64;

    /// <summary>Digits behind the point that are written, at most.</summary>
    private const int WrittenDigits = 17;

    /// <summary>The highest power of two that a number may lie below.</summary>
    private const int HighestExponent = 16384;

    /// <summary>The lowest power of two that can be told from zero.</summary>
    private const int LowestExponent = -16445;

    /// <summary>Longer text is no number for Redis either.</summary>
    private const int MaxTextBytes = 5 * 1024;

    /// <summary>Powers of ten beyond these are out of range, however many digits stand before them.</summary>
    private const int MaxDecimalExponent = 20000;

    private readonly BigInteger _mantissa;
    private readonly int _exponent;

    private ExtendedFloat(BigInteger mantissa, int exponent, bool isInfinite)
    {
        _mantissa = mantissa;
        _exponent = exponent;
        IsInfinite = isInfinite;
    }

    internal static ExtendedFloat Zero => default;

    private bool IsInfinite { get; }

    /// <summary>Reads decimal text: digits, a point, an exponent.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ExtendedFloat number)
    {
        number = default;
        if (text.IsEmpty || text.Length > MaxTextBytes)
        {
            return false;
        }

        bool isNegative = text[0] == (byte)'-';
        ReadOnlySpan<byte> rest = text[(isNegative || text[0] == (byte)'+' ? 1 : 0)..];
        if (Ascii.EqualsIgnoreCase(rest, "inf"u8) || Ascii.EqualsIgnoreCase(rest, "infinity"u8))
        {
            number = new ExtendedFloat(isNegative ? -1 : 1, 0, isInfinite: true);
            return true;
        }

        if (!TryReadDecimal(rest, out BigInteger digits, out int decimalExponent))
        {
            return false;
        }

        digits = isNegative ? -digits : digits;
        number = decimalExponent >= 0
            ? Round(digits * BigInteger.Pow(10, decimalExponent), BigInteger.One, 0)
            : Round(digits, BigInteger.Pow(10, -decimalExponent), 0);
        bool isTooSmall = !digits.IsZero && number._mantissa.GetBitLength() + number._exponent <= LowestExponent;
        return !number.IsInfinite && !isTooSmall;
    }

    /// <summary>Adds; false where the sum is beyond what can be counted.</summary>
    internal static bool TryAdd(ExtendedFloat left, ExtendedFloat right, out ExtendedFloat sum)
    {
        sum = default;
        if (left.IsInfinite || right.IsInfinite)
        {
            return false;
        }

        int exponent = Math.Min(left._exponent, right._exponent);
        BigInteger exact = (left._mantissa << (left._exponent - exponent)) +
            (right._mantissa << (right._exponent - exponent));
        sum = Round(exact, BigInteger.One, exponent);
        return !sum.IsInfinite;
    }

    /// <summary>The number as decimal text with 17 digits behind the point, without the zeros at its end.</summary>
    internal byte[] Format()
    {
        BigInteger scale = BigInteger.Pow(10, WrittenDigits);
        BigInteger scaled = _exponent >= 0
            ? BigInteger.Abs(_mantissa) * scale << _exponent
            : DivideToNearest(BigInteger.Abs(_mantissa) * scale, BigInteger.One << -_exponent);
        BigInteger whole = BigInteger.DivRem(scaled, scale, out BigInteger fraction);
        string text = whole.ToString(CultureInfo.InvariantCulture);
        if (!fraction.IsZero)
        {
            string digits = fraction.ToString(CultureInfo.InvariantCulture).PadLeft(WrittenDigits, '0').TrimEnd('0');
            text = $"{text}.{digits}";
        }

        return Encoding.ASCII.GetBytes(_mantissa.Sign < 0 && !scaled.IsZero ? $"-{text}" : text);
    }

    private static bool TryReadDecimal(ReadOnlySpan<byte> text, out BigInteger digits, out int exponent)
    {
        digits = BigInteger.Zero;
        exponent = 0;
        int end = text.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> mantissa = end < 0 ? text : text[..end];
        int point = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? mantissa : mantissa[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? default : mantissa[(point + 1)..];
        if (whole.Length + fraction.Length == 0 || !IsDigits(whole) || !IsDigits(fraction))
        {
            return false;
        }

        if (end >= 0 && !TryReadExponent(text[(end + 1)..], out exponent))
        {
            return false;
        }

        digits = BigInteger.Parse(
            "0" + Encoding.ASCII.GetString(whole) + Encoding.ASCII.GetString(fraction), CultureInfo.InvariantCulture);
        exponent = digits.IsZero ? 0 : exponent - fraction.Length;
        return Math.Abs(exponent) <= MaxDecimalExponent;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        bool isNegative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = isNegative || text.StartsWith("+"u8) ? text[1..] : text;
        if (digits.IsEmpty || !IsDigits(digits) || digits.Length > 6)
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            exponent = (exponent * 10) + digit - '0';
        }

        exponent = isNegative ? -exponent : exponent;
        return true;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>The nearest number to a fraction times a power of two; of two that are as near, the even one.</summary>
    private static ExtendedFloat Round(BigInteger numerator, BigInteger denominator, int exponent)
    {
        if (numerator.IsZero)
        {
            return default;
        }

        BigInteger size = BigInteger.Abs(numerator);

        // So far to the left that the quotient has at least one bit more than are kept.
        int shift = SignificantBits + 1 - (int)(size.GetBitLength() - denominator.GetBitLength());
        BigInteger quotient = shift >= 0
            ? BigInteger.DivRem(size << shift, denominator, out BigInteger rest)
            : BigInteger.DivRem(size, denominator << -shift, out rest);
        int surplus = (int)quotient.GetBitLength() - SignificantBits;

        // What was cut off counts where the bits alone lie in the middle.
        BigInteger doubled = (quotient << 1) + (rest.IsZero ? 0 : 1);
        BigInteger mantissa = DivideToNearest(doubled, BigInteger.One << (surplus + 1));
        int newExponent = exponent - shift + surplus;
        bool isInfinite = mantissa.GetBitLength() + newExponent > HighestExponent;
        return new ExtendedFloat(numerator.Sign < 0 ? -mantissa : mantissa, newExponent, isInfinite);
    }

    private static BigInteger DivideToNearest(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int side = (rest << 1).CompareTo(denominator);
        return side > 0 || (side == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
