using System.Runtime.CompilerServices;

namespace Kvs.Bench.Workloads;

/// <summary>Random numbers at about a nanosecond each (SplitMix64). The same seed gives the same ones.</summary>
internal struct FastRandom(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A number with all 64 bits random.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Next() => Scramble(_state += Step);

    /// <summary>A number from 0 up to, not including, a limit. What the limit does not divide evenly is of no weight at
    /// 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int NextBelow(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

    /// <summary>A number from 0 up to, not including, 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Gives each number another one that looks random; no two the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Scramble(ulong number)
    {
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }
}
