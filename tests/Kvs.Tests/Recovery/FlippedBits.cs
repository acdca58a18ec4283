namespace Kvs.Tests;

/// <summary>Which bits of a file a test turns over: each, but in long rows of zeros some.</summary>
internal static class FlippedBits
{
    private const int LongRowOfZeros = 64;

    /// <summary>The places, by byte and bit.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="zerosApart">In long rows of zeros, every so many bytes one bit is flipped.</param>
    internal static IEnumerable<(int Offset, int Bit)> Of(byte[] bytes, int zerosApart)
    {
        int zerosUntil = 0;
        for (int at = 0; at < bytes.Length; at++)
        {
            if (at >= zerosUntil)
            {
                int length = bytes.AsSpan(at).IndexOfAnyExcept((byte)0);
                zerosUntil = at + (length < 0 ? bytes.Length - at : length);
                zerosUntil = zerosUntil - at >= LongRowOfZeros ? zerosUntil : at;
            }

            if (at < zerosUntil)
            {
                yield return (at, at % 8);
                at += zerosApart - 1;
                continue;
            }

            for (int bit = 0; bit < 8; bit++)
            {
                yield return (at, bit);
            }
        }
    }
}
