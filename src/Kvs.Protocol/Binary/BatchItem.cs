using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Kvs.Protocol.Binary;

/// <summary>Where one operation of a batch lies in the batch's body.</summary>
/// <remarks><code>
/// item = operation:u8 key-bytes:u24 [ flags:u16 fields ] [ value-bytes:u32 | number:u64 ] key value
/// </code>
/// The flags are there where the highest bit of the operation is set; the length of a value for a set; a number for an
/// increment, which adds it, and for a requirement, whose version it is.</remarks>
[SuppressMessage("Design", "CA1051:Do not declare visible instance fields",
    Justification = "Some fifty million of these are filled in a second, in place.")]
public struct BatchItem
{
    /// <summary>Set in an operation that brings flags.</summary>
    internal const byte FlagsFollow = 0x80;

    /// <summary>Operation and length of the key: the one word that is always there.</summary>
    internal const int HeadBytes = sizeof(uint);

    /// <summary>What is asked for; may be anything where it was not checked.</summary>
    public Operation Operation;

    /// <summary>Flags and fields.</summary>
    public RequestFields Fields;

    /// <summary>Where the operation begins in the body.</summary>
    public int Start;

    /// <summary>Where the key begins in the body.</summary>
    public int KeyStart;

    /// <summary>The key's length; not yet checked against the limit.</summary>
    public int KeyBytes;

    /// <summary>The length of the value, which lies behind the key.</summary>
    public int ValueBytes;

    /// <summary>What an increment adds, or the version that a requirement names.</summary>
    public ulong Number;

    /// <summary>Where the next operation begins.</summary>
    public readonly int End => KeyStart + KeyBytes + ValueBytes;

    /// <summary>The key.</summary>
    public readonly ReadOnlySpan<byte> KeyIn(ReadOnlySpan<byte> body) => body.Slice(KeyStart, KeyBytes);

    /// <summary>The value.</summary>
    public readonly ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> body) => body.Slice(KeyStart + KeyBytes, ValueBytes);

    /// <summary>Reads the operation that begins at a place in a batch's body; false where it is cut off or none. The
    /// place is then where it was, else behind the operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> body, ref int at, out BatchItem item)
    {
        item = default;
        if ((uint)(body.Length - at) < HeadBytes)
        {
            return false;
        }

        uint head = BinaryPrimitives.ReadUInt32LittleEndian(body[at..]);
        item.Start = at;
        item.KeyStart = at + HeadBytes;
        item.KeyBytes = (int)(head >> 8);
        item.Operation = (Operation)(byte)head;
        if (item.Operation != Operation.Get && !item.TryReadMore(body))
        {
            return false;
        }

        if ((uint)item.KeyBytes + (ulong)(uint)item.ValueBytes > (uint)(body.Length - item.KeyStart))
        {
            return false;
        }

        at = item.End;
        return true;
    }

    /// <summary>Reads a key of a <see cref="Operation.GetMany"/>, under the same rules.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadKey(ReadOnlySpan<byte> body, ref int at, out BatchItem item)
    {
        // item = key-bytes:u32 key
        item = default;
        if ((uint)(body.Length - at) < HeadBytes)
        {
            return false;
        }

        uint keyBytes = BinaryPrimitives.ReadUInt32LittleEndian(body[at..]);
        if (keyBytes > (uint)(body.Length - at - HeadBytes))
        {
            return false;
        }

        item.Operation = Operation.Get;
        item.Start = at;
        item.KeyStart = at + HeadBytes;
        item.KeyBytes = (int)keyBytes;
        at = item.End;
        return true;
    }

    /// <summary>Reads what stands between the head and the key.</summary>
    private bool TryReadMore(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> rest = body[KeyStart..];
        if (((byte)Operation & FlagsFollow) != 0)
        {
            Operation = (Operation)((byte)Operation & ~FlagsFollow);
            if (rest.Length < sizeof(ushort))
            {
                return false;
            }

            var flags = (RequestFlags)BinaryPrimitives.ReadUInt16LittleEndian(rest);
            rest = rest[sizeof(ushort)..];
            if (!RequestFields.TryRead(flags, ref rest, out Fields))
            {
                return false;
            }
        }

        switch (Operation)
        {
            case Operation.Get or Operation.Remove:
                break;
            case Operation.Set when rest.Length >= sizeof(uint):
                uint valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[sizeof(uint)..];
                if (valueBytes > (uint)rest.Length)
                {
                    return false;
                }

                ValueBytes = (int)valueBytes;
                break;
            case Operation.Increment or Operation.Require when rest.Length >= sizeof(ulong):
                Number = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                rest = rest[sizeof(ulong)..];
                break;
            default:
                return false;
        }

        KeyStart = body.Length - rest.Length;
        return true;
    }
}
