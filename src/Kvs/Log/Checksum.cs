using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kvs.Log;

/// <summary>
/// CRC-32C (Castagnoli), the polynomial that processors compute in hardware. Every checksum of a store begins from a
/// salt, so that bytes that are sound in one place are not sound in another.
/// </summary>
internal static unsafe class Checksum
{
    /// <summary>Goes on with <paramref name="crc"/> over <paramref name="length"/> bytes, in words of 8.</summary>
    /// <param name="crc">The state so far.</param>
    /// <param name="bytes">Where the bytes begin.</param>
    /// <param name="length">How many; a multiple of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static uint Continue(uint crc, byte* bytes, nuint length)
    {
        byte* end = bytes + length;
        for (; bytes < end; bytes += 8)
        {
            crc = BitOperations.Crc32C(crc, Unsafe.ReadUnaligned<ulong>(bytes));
        }

        return crc;
    }

    /// <summary>The standard CRC-32C of some bytes, as other programs compute it ("123456789" gives E3069283).
    /// </summary>
    internal static uint OfBytes(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
