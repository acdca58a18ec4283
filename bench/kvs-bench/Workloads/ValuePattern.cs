using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kvs.Bench.Workloads;

/// <summary>
/// What values look like. The number of a key, scrambled, is its tag: the value begins with it, and the rest is the
/// same for all. So a value shows which key it belongs to. Its length follows from the tag as well.
/// </summary>
/// <remarks>Immutable; all threads share one.</remarks>
internal sealed class ValuePattern
{
    private readonly byte[] _value;
    private readonly int _minBytes;

    internal ValuePattern(ByteRange bytes)
    {
        _minBytes = bytes.Min;
        _value = new byte[bytes.Max];
        var random = new FastRandom((ulong)bytes.Max);
        foreach (ref byte part in _value.AsSpan())
        {
            part = (byte)random.Next();
        }
    }

    /// <summary>The length of the longest value.</summary>
    internal int MaxBytes => _value.Length;

    /// <summary>The tag of the key with a number.</summary>
    internal static ulong TagOf(long number) => FastRandom.Scramble((ulong)number + 1);

    /// <summary>The length of the value of a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int BytesOf(ulong tag) => _minBytes == _value.Length
        ? _minBytes
        : _minBytes + new FastRandom(tag).NextBelow(_value.Length - _minBytes + 1);

    /// <summary>Writes what all values have in common.</summary>
    internal void Prepare(Span<byte> value) => _value.AsSpan(0, value.Length).CopyTo(value);

    /// <summary>Makes a prepared value that of a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write(Span<byte> value, ulong tag)
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
        if (value.Length != BytesOf(tag))
        {
            return false;
        }

        if (value.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(value) == tag &&
                   value[sizeof(ulong)..].SequenceEqual(_value.AsSpan(sizeof(ulong), value.Length - sizeof(ulong)));
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
