namespace Kvs.Tests;

/// <summary>What disks, cables and people do to files.</summary>
internal static class FileMutation
{
    private const int SectorBytes = 512;
    private const int LongestRow = 64;

    /// <summary>Changes bytes in place.</summary>
    internal static void Mutate(Span<byte> bytes, Random random)
    {
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(bytes.Length);
            Span<byte> row = bytes.Slice(at, random.Next(1, Math.Min(LongestRow, bytes.Length - at) + 1));
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    random.NextBytes(row);
                    break;
                case 2:
                    row.Clear();
                    break;
                case 3:
                    row.Fill(0xFF);
                    break;
                case 4:
                    bytes[at]++;
                    break;
                case 5 when bytes.Length >= 2 * SectorBytes:
                    // A sector that was written to the wrong place.
                    int sectors = bytes.Length / SectorBytes;
                    Span<byte> from = bytes.Slice(random.Next(sectors) * SectorBytes, SectorBytes);
                    from.CopyTo(bytes[(random.Next(sectors) * SectorBytes)..]);
                    break;
                default:
                    // One that was not written.
                    int sector = at / SectorBytes * SectorBytes;
                    bytes.Slice(sector, Math.Min(SectorBytes, bytes.Length - sector)).Clear();
                    break;
            }
        }
    }
}
