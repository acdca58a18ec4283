using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Kvs.Bench.Workloads;

/// <summary>Makes the keys: each number has one, no two the same, and they come in no order.</summary>
/// <remarks>Immutable; all threads share one.</remarks>
internal sealed class KeyPattern
{
    /// <summary>A binary key holds its whole tag, so that no two are the same.</summary>
    internal const int MinBinaryBytes = sizeof(ulong);

    private const int MaxDecimalBytes = 20;
    private const int UuidBytes = 16;
    private const int UuidTextBytes = 36;
    private const byte Filler = (byte)'k';

    private readonly KeyFormat _format;

    /// <summary>Prepares making keys.</summary>
    /// <param name="format">What they look like.</param>
    /// <param name="binaryBytes">Their length, where they are binary.</param>
    internal KeyPattern(KeyFormat format, int binaryBytes)
    {
        _format = format;
        MaxBytes = format switch
        {
            KeyFormat.Binary => binaryBytes,
            KeyFormat.Decimal => MaxDecimalBytes,
            _ => UuidTextBytes,
        };
    }

    /// <summary>The length of the longest key.</summary>
    internal int MaxBytes { get; }

    /// <summary>Whether keys are text without spaces.</summary>
    internal bool IsText => _format != KeyFormat.Binary;

    /// <summary>Writes what all keys have in common.</summary>
    internal static void Prepare(Span<byte> key) => key.Fill(Filler);

    /// <summary>Makes prepared bytes the key of a number.</summary>
    /// <returns>The key's length.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Write(Span<byte> key, long number, ulong tag)
    {
        if (_format != KeyFormat.Binary)
        {
            return WriteText(key, number, tag);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(key, tag);
        return MaxBytes;
    }

    /// <summary>Reads the tag of a binary key.</summary>
    internal static ulong ReadTag(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64LittleEndian(key);

    private int WriteText(Span<byte> key, long number, ulong tag)
    {
        if (_format == KeyFormat.Decimal)
        {
            _ = Utf8Formatter.TryFormat(number, key, out int written);
            return written;
        }

        Span<byte> bytes = stackalloc byte[UuidBytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, tag);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], FastRandom.Scramble(tag));

        // The bits of the tag that version and variant take the place of go to the end: it is there as a whole, so
        // that no two keys are the same.
        bytes[15] = (byte)((bytes[6] & 0xF0) | (bytes[15] & 0x0F));
        bytes[6] = (byte)(0x40 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        _ = Utf8Formatter.TryFormat(new Guid(bytes, bigEndian: true), key, out int textBytes);
        return textBytes;
    }
}
