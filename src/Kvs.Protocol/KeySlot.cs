namespace Kvs.Protocol;

/// <summary>
/// Maps keys to slots as a Redis cluster does, so that one map of slots to servers serves both protocols: the CRC-16
/// (XMODEM) of the key, modulo <see cref="Count"/>. Where a key has a hash tag, a part in braces, only that part
/// counts, so that a caller can have keys in one slot: <c>{user1}.name</c> and <c>{user1}.mail</c>.
/// </summary>
/// <remarks>Any thread may call any member; nothing is allocated.</remarks>
public static class KeySlot
{
    /// <summary>How many slots there are; they are numbered from 0.</summary>
    public const int Count = 16384;

    /// <summary>x^16 + x^12 + x^5 + 1, its highest term left out.</summary>
    private const ushort Polynomial = 0x1021;

    private static readonly ushort[] Table = MakeTable();

    /// <summary>The slot of a key.</summary>
    public static int Of(ReadOnlySpan<byte> key) => Crc16(HashedPart(key)) & (Count - 1);

    /// <summary>The CRC-16 of some bytes: polynomial 0x1021, begun with 0, not reflected.</summary>
    internal static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        int crc = 0;
        foreach (byte next in bytes)
        {
            crc = (ushort)(crc << 8) ^ Table[(byte)((crc >> 8) ^ next)];
        }

        return (ushort)crc;
    }

    /// <summary>What lies between the first opening brace and the next closing one, unless that is nothing; else the
    /// whole key.</summary>
    private static ReadOnlySpan<byte> HashedPart(ReadOnlySpan<byte> key)
    {
        int opening = key.IndexOf((byte)'{');
        if (opening < 0)
        {
            return key;
        }

        ReadOnlySpan<byte> behind = key[(opening + 1)..];
        int tagBytes = behind.IndexOf((byte)'}');
        return tagBytes > 0 ? behind[..tagBytes] : key;
    }

    private static ushort[] MakeTable()
    {
        ushort[] table = new ushort[256];
        for (int i = 0; i < table.Length; i++)
        {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? Polynomial : 0);
            }

            table[i] = (ushort)crc;
        }

        return table;
    }
}
