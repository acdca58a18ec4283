using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>What an operation says beyond key and value: its flags and the fields that they announce.</summary>
/// <remarks><code>
/// fields = [ durability:u8 ] [ version:u64 ] [ expires-at:u64 ] [ expires-in:u64 ]
/// </code></remarks>
/// <param name="Flags">Which fields there are.</param>
/// <param name="Durability">Where <see cref="RequestFlags.Durability"/> is set.</param>
/// <param name="Version">Where <see cref="RequestFlags.IfVersion"/> is set.</param>
/// <param name="ExpiryMs">Where <see cref="RequestFlags.ExpiresAt"/> or <see cref="RequestFlags.ExpiresIn"/> is set:
/// Unix milliseconds, or milliseconds from now.</param>
public readonly record struct RequestFields(
    RequestFlags Flags, Durability Durability = default, ulong Version = 0, ulong ExpiryMs = 0)
{
    /// <summary>The most that fields take, in bytes.</summary>
    internal const int MaxBytes = 1 + sizeof(ulong) + sizeof(ulong);

    private const RequestFlags Conditions = RequestFlags.IfVersion | RequestFlags.IfPresent;
    private const RequestFlags Moments = RequestFlags.ExpiresAt | RequestFlags.ExpiresIn;
    private const RequestFlags Expiries = Moments | RequestFlags.KeepsExpiry;

    /// <summary>Whether any flag of some is set.</summary>
    public bool Has(RequestFlags flags) => (Flags & flags) != 0;

    /// <summary>How many bytes the fields take.</summary>
    public int Bytes =>
        (Has(RequestFlags.Durability) ? 1 : 0) +
        (Has(RequestFlags.IfVersion) ? sizeof(ulong) : 0) +
        (Has(Moments) ? sizeof(ulong) : 0);

    /// <summary>Takes the fields off the front of a body; false where they are cut off or contradict each
    /// other.</summary>
    public static bool TryRead(RequestFlags flags, ref ReadOnlySpan<byte> body, out RequestFields fields)
    {
        fields = new RequestFields(flags);
        if (flags == RequestFlags.None)
        {
            return true;
        }

        if (AreSeveral(flags & Conditions) || AreSeveral(flags & Expiries) || body.Length < fields.Bytes)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = body;
        var durability = default(Durability);
        if (fields.Has(RequestFlags.Durability))
        {
            durability = (Durability)rest[0];
            rest = rest[1..];
        }

        ulong version = fields.Has(RequestFlags.IfVersion) ? Take(ref rest) : 0;
        ulong expiryMs = fields.Has(Moments) ? Take(ref rest) : 0;
        fields = new RequestFields(flags, durability, version, expiryMs);
        body = rest;
        return durability <= Durability.Disk && (expiryMs > 0 || !fields.Has(RequestFlags.ExpiresIn));
    }

    /// <summary>Writes the fields, without their flags, and returns how many bytes that were.</summary>
    public int Write(Span<byte> destination)
    {
        int written = 0;
        if (Has(RequestFlags.Durability))
        {
            destination[written++] = (byte)Durability;
        }

        if (Has(RequestFlags.IfVersion))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], Version);
            written += sizeof(ulong);
        }

        if (Has(Moments))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], ExpiryMs);
            written += sizeof(ulong);
        }

        return written;
    }

    private static bool AreSeveral(RequestFlags flags) => ((int)flags & ((int)flags - 1)) != 0;

    private static ulong Take(ref ReadOnlySpan<byte> rest)
    {
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(rest);
        rest = rest[sizeof(ulong)..];
        return number;
    }
}
