namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// Patterns of keys: <c>*</c> any bytes, <c>?</c> any byte, <c>[a-z]</c> and <c>[^a-z]</c> one of some, a backslash
/// before a byte that is meant itself.
/// </summary>
/// <remarks>Takes time of the order of the product of both lengths at most, whatever the pattern: after a mismatch only
/// the latest <c>*</c> can take another byte, as an earlier one could only lead to the same place.</remarks>
internal static class Glob
{
    /// <summary>How long a pattern for keys may be from its first special character on, in bytes: so that matching even
    /// the longest key takes a fraction of a second. What is in front of that costs as much as comparing it.</summary>
    internal const int MaxSpecialBytes = 1024;

    /// <summary>Whether a pattern may be matched with any number of keys of any length.</summary>
    internal static bool IsTooLong(ReadOnlySpan<byte> pattern) =>
        pattern.Length - PrefixOf(pattern).Length > MaxSpecialBytes;

    /// <summary>What every key begins with that matches.</summary>
    internal static ReadOnlySpan<byte> PrefixOf(ReadOnlySpan<byte> pattern)
    {
        int end = pattern.IndexOfAny("*?[\\"u8);
        return end < 0 ? pattern : pattern[..end];
    }

    /// <summary>Whether a key looks like a pattern.</summary>
    internal static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> key)
    {
        int inPattern = 0;
        int inKey = 0;
        int behindStar = -1;
        int starEnd = 0;
        while (inKey < key.Length)
        {
            if (inPattern < pattern.Length && pattern[inPattern] == (byte)'*')
            {
                behindStar = ++inPattern;
                starEnd = inKey;
                continue;
            }

            if (inPattern < pattern.Length && MatchesOne(pattern, ref inPattern, key[inKey]))
            {
                inKey++;
                continue;
            }

            if (behindStar < 0)
            {
                return false;
            }

            inPattern = behindStar;
            inKey = ++starEnd;
        }

        return !pattern[inPattern..].ContainsAnyExcept((byte)'*');
    }

    /// <summary>Whether a byte is what the pattern says at a place, which then moves on.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int place, byte letter)
    {
        byte wanted = pattern[place++];
        switch (wanted)
        {
            case (byte)'?':
                return true;
            case (byte)'[':
                return MatchesSome(pattern, ref place, letter);
            case (byte)'\\' when place < pattern.Length:
                return pattern[place++] == letter;
            default:
                return wanted == letter;
        }
    }

    /// <summary>What stands in brackets, of which the closing one may be missing at the end.</summary>
    private static bool MatchesSome(ReadOnlySpan<byte> pattern, ref int place, byte letter)
    {
        bool isExcluded = place < pattern.Length && pattern[place] == (byte)'^';
        place += isExcluded ? 1 : 0;
        bool isFound = false;
        while (place < pattern.Length && pattern[place] != (byte)']')
        {
            if (pattern[place] == (byte)'\\' && place + 1 < pattern.Length)
            {
                isFound |= pattern[place + 1] == letter;
                place += 2;
            }
            else if (place + 2 < pattern.Length && pattern[place + 1] == (byte)'-')
            {
                byte low = Math.Min(pattern[place], pattern[place + 2]);
                byte high = Math.Max(pattern[place], pattern[place + 2]);
                isFound |= letter >= low && letter <= high;
                place += 3;
            }
            else
            {
                isFound |= pattern[place] == letter;
                place++;
            }
        }

        place = Math.Min(place + 1, pattern.Length);
        return isFound != isExcluded;
    }
}
