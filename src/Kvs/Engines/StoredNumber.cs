using System.Buffers.Text;
using Kvs.Text;

namespace Kvs;

/// <summary>The numbers that <see cref="IKvsEngine.Increment"/> adds to, as they are stored: decimal text.</summary>
internal static class StoredNumber
{
    /// <summary>Room for any of them.</summary>
    internal const int MaxBytes = 20;

    /// <summary>The sum of what is stored under a key and a number.</summary>
    /// <exception cref="FormatException">What is stored is not a whole number of 64 bits.</exception>
    /// <exception cref="OverflowException">The sum is not.</exception>
    internal static long Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored, long delta)
    {
        // Only the one way to write a number: what parses besides ("+1", "01") was not meant as one.
        Span<byte> again = stackalloc byte[MaxBytes];
        if (!Utf8Parser.TryParse(stored, out long number, out int used) || used != stored.Length ||
            !again[..Write(number, again)].SequenceEqual(stored))
        {
            throw new FormatException($"The value of the key {ReadableBytes.Describe(key)} is " +
                $"{ReadableBytes.Describe(stored)}, which is not a whole number of 64 bits; it was not changed.");
        }

        // Overflows where the sum's sign differs from that of both its parts.
        long sum = unchecked(number + delta);
        return ((number ^ sum) & (delta ^ sum)) >= 0
            ? sum
            : throw new OverflowException($"The value of the key {ReadableBytes.Describe(key)} is {number}; adding " +
                $"{delta} goes beyond a whole number of 64 bits. It was not changed.");
    }

    /// <summary>Writes a number as it is stored, and says how many bytes it has.</summary>
    internal static int Write(long number, Span<byte> destination)
    {
        _ = Utf8Formatter.TryFormat(number, destination, out int bytes);
        return bytes;
    }
}
