using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Kvs.Bench.Torture;

/// <summary>
/// The keys of a torture and their values. Each key belongs to one writer. A value is told by its key and version
/// alone, to the last byte, so that nothing that was mixed, cut or made up passes for one.
/// </summary>
internal static class TortureKeys
{
    /// <summary>Few, so that nearly every write makes garbage.</summary>
    internal const int PerWriter = 24;

    /// <summary>The longest value, in bytes.</summary>
    internal const int MaxValueBytes = 100_000;

    private const string Prefix = "torture-";
    private const int MinValueBytes = 16;
    private const int ShortValueBytes = 300;
    private const int LongValueBytes = 20_000;
    private const int WritesBits = 20;

    /// <summary>The version that a writer's write gives, unique for a key over all lives.</summary>
    internal static long VersionOf(int life, long write) => ((long)life << WritesBits) + write + 1;

    internal static byte[] NameOf(int key) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{key:d4}"));

    /// <summary>The number of a key; null for one that no torture writes.</summary>
    internal static int? TryParse(ReadOnlySpan<byte> name)
    {
        string text = Encoding.Latin1.GetString(name);
        return text.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Prefix.Length),
            NumberStyles.None, CultureInfo.InvariantCulture, out int key) && NameOf(key).AsSpan().SequenceEqual(name)
            ? key
            : null;
    }

    /// <summary>Writes the value of a version and returns it.</summary>
    internal static ReadOnlySpan<byte> MakeValue(int key, long version, byte[] room)
    {
        ulong state = Mix((ulong)version, (ulong)key);
        Span<byte> value = room.AsSpan(0, LengthOf(state));
        BinaryPrimitives.WriteInt64LittleEndian(value, version);
        BinaryPrimitives.WriteInt64LittleEndian(value[sizeof(long)..], key);
        for (int at = MinValueBytes; at < value.Length; at++)
        {
            value[at] = (byte)(state >> (at % 7 * 8) ^ (ulong)at);
        }

        return value;
    }

    /// <summary>The version of a value.</summary>
    /// <exception cref="TortureException">The bytes are no value of this key.</exception>
    internal static long VersionOfValue(int key, ReadOnlySpan<byte> value, byte[] room)
    {
        long version = value.Length < MinValueBytes ? 0 : BinaryPrimitives.ReadInt64LittleEndian(value);
        if (version <= 0 || !MakeValue(key, version, room).SequenceEqual(value))
        {
            throw new TortureException(
                $"Key {key} has {value.Length} bytes that nobody wrote; the first are " +
                $"{Convert.ToHexString(value[..Math.Min(32, value.Length)])}.");
        }

        return version;
    }

    /// <summary>Mostly short; some that need a chunk, and some that need a segment, of their own.</summary>
    private static int LengthOf(ulong state)
    {
        int most = (state >> 32) % 1024 == 0 ? MaxValueBytes
            : (state >> 32) % 64 == 1 ? LongValueBytes : ShortValueBytes;
        return MinValueBytes + (int)(state % (ulong)(most - MinValueBytes));
    }

    private static ulong Mix(ulong version, ulong key)
    {
        ulong high = Math.BigMul((version << 8) ^ key ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, out ulong low);
        return high ^ low;
    }
}
