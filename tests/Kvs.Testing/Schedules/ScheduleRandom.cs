namespace Kvs.Testing.Schedules;

/// <summary>Random numbers for a schedule, all of which follow from its seed (SplitMix64 by Steele et al., 2014).
/// </summary>
public sealed class ScheduleRandom
{
    private ulong _state;

    /// <summary>A number from 0 up to, but not including, <paramref name="end"/>.</summary>
    public int Next(int end) => (int)Math.BigMul(NextWord(), (ulong)end, out _);

    /// <summary>True once in so many times.</summary>
    public bool OnceIn(int times) => Next(times) == 0;

    /// <summary>Begins again, from a seed.</summary>
    internal void Restart(int seed) => _state = (ulong)(uint)seed * 0xD1342543DE82EF95;

    private ulong NextWord()
    {
        ulong word = _state += 0x9E3779B97F4A7C15;
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
}
