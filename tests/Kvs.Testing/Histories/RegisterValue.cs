using System.Buffers.Binary;

namespace Kvs.Testing;

/// <summary>Values that tell who they are: a number, and bytes that follow from it, of a length that follows from it.
/// What was mixed from two values, or cut, is noticed.</summary>
public static class RegisterValue
{
    /// <summary>The longest value, in bytes.</summary>
    public const int MaxBytes = sizeof(long) + 128;

    /// <summary>Writes the value of a number and returns its length.</summary>
    public static int Write(long number, Span<byte> destination)
    {
        int length = LengthOf(number);
        BinaryPrimitives.WriteInt64LittleEndian(destination, number);
        destination[sizeof(long)..length].Fill(FillerOf(number));
        return length;
    }

    /// <summary>Reads a value's number.</summary>
    /// <exception cref="HistoryViolationException">The bytes are not a value that was ever written.</exception>
    public static long Read(ReadOnlySpan<byte> value)
    {
        if (value.Length >= sizeof(long))
        {
            long number = BinaryPrimitives.ReadInt64LittleEndian(value);
            if (value.Length == LengthOf(number) && !value[sizeof(long)..].ContainsAnyExcept(FillerOf(number)))
            {
                return number;
            }
        }

        throw new HistoryViolationException($"A get returned bytes that nobody wrote: {Convert.ToHexString(value)}");
    }

    private static int LengthOf(long number) =>
        sizeof(long) + (int)((ulong)number * 0x9E3779B97F4A7C15 % (MaxBytes - sizeof(long) + 1));

    private static byte FillerOf(long number) => (byte)(number % 251);
}
