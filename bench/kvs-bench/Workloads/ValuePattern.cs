using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kvs.Bench.Workloads;

/// <summary>
/// What keys and values look like. The number of a key, scrambled, is its tag: the key begins with it, and so does the
/// value; the rest of each is the same for all. So keys come in no order, and a value shows which key it belongs to.
/// </summary>
/// <remarks>Immutable; all threads share one.</remarks>
internal sealed class ValuePattern
{
    /// <summary>A key holds its whole tag, so that no two are the same.</summary>
    internal const int MinKeyBytes = sizeof(ulong);

    private const byte KeyFiller = (byte)'k';

    private readonly byte[] _value;

    internal ValuePattern(int keyBytes, int valueBytes)
    {
        KeyBytes = keyBytes;
        _value = new byte[valueBytes];
        var random = new FastRandom((ulong)valueBytes);
        foreach (ref byte part in _value.AsSpan())
        {
            part = (byte)random.Next();
        }
    }

    /// <summary>The length of each key.</summary>
    internal int KeyBytes { get; }

    /// <summary>The length of each value.</summary>
    internal int ValueBytes => _value.Length;

    /// <summary>The tag of the key with a number.</summary>
    internal static ulong TagOf(int number) => FastRandom.Scramble((ulong)number + 1);

    /// <summary>Writes what all keys have in common.</summary>
    internal static void PrepareKey(Span<byte> key) => key.Fill(KeyFiller);

    /// <summary>Makes a prepared key that of a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteKey(Span<byte> key, ulong tag) => BinaryPrimitives.WriteUInt64LittleEndian(key, tag);

    /// <summary>Reads the tag of a key.</summary>
    internal static ulong ReadKey(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64LittleEndian(key);

    /// <summary>Writes what all values have in common.</summary>
    internal void PrepareValue(Span<byte> value) => _value.CopyTo(value);

    /// <summary>Makes a prepared value that of a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteValue(Span<byte> value, ulong tag)
    {
        if (value.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, tag);
            return;
        }

        for (int i = 0; i < value.Length; i++)
        {
            value[i] = (byte)(tag >> (8 * i));
        }
    }

    /// <summary>Whether a value is exactly that of a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsValue(ReadOnlySpan<byte> value, ulong tag)
    {
        if (value.Length != _value.Length)
        {
            return false;
        }

        if (value.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(value) == tag &&
                   value[sizeof(ulong)..].SequenceEqual(_value.AsSpan(sizeof(ulong)));
        }

        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != (byte)(tag >> (8 * i)))
            {
                return false;
            }
        }

        return true;
    }
}
