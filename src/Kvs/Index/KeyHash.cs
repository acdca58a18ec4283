using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kvs.Index;

/// <summary>
/// The 64-bit hash of a key: 16 bytes a step, each folded from a 64 by 64 bit product, in the manner of wyhash.
/// Seeded with the store's secret, so that nobody outside can choose keys that collide.
/// </summary>
internal static class KeyHash
{
    // Odd numbers with an even mixture of bits; what is secret comes from the seed alone.
    private const ulong FirstMixer = 0xA0761D6478BD642F;
    private const ulong SecondMixer = 0xE7037ED1A0B428DB;

    /// <summary>The hash of a key.</summary>
    /// <remarks>
    /// Both factors of every product are masked with something that follows from the seed. A factor masked with a
    /// number that is known could be made zero by a key, and whatever stands in the other would not count: any number
    /// of such keys would then have one and the same hash.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ulong Compute(ReadOnlySpan<byte> key, ulong seed)
    {
        ulong firstMask = seed ^ FirstMixer;
        ulong secondMask = BitOperations.RotateLeft(seed, 32) * SecondMixer;
        ref byte bytes = ref MemoryMarshal.GetReference(key);
        nuint length = (nuint)key.Length;
        ulong state = secondMask;
        nuint at = 0;
        for (; length - at > 16; at += 16)
        {
            state = Fold(Load(ref bytes, at) ^ firstMask, Load(ref bytes, at + 8) ^ state);
        }

        ulong first, second;
        if (length >= 16)
        {
            // The last 16 bytes, overlapping what was folded already where the length is no multiple of 16.
            first = Load(ref bytes, length - 16);
            second = Load(ref bytes, length - 8);
        }
        else if (length >= 8)
        {
            first = Load(ref bytes, 0);
            second = Load(ref bytes, length - 8);
        }
        else
        {
            first = 0;
            for (nuint i = 0; i < length; i++)
            {
                first = (first << 8) | Unsafe.Add(ref bytes, i);
            }

            second = 0;
        }

        return Fold(~firstMask ^ length, Fold(first ^ firstMask, second ^ state));
    }

    /// <summary>Mixes two words into one so that every bit of both matters to every bit of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(ref byte bytes, nuint at)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at));
        return BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
    }
}
