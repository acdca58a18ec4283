using Kvs.Log;

namespace Kvs.Compaction;

/// <summary>
/// What the complete segments of a store take on disk, in bytes: of live records, of tombstones that must be kept, and
/// of garbage. Each part has its share of what a segment needs around its records.
/// </summary>
internal readonly record struct SpaceUse(double Live, double Tombstones, double Garbage)
{
    /// <summary>Sums up some segments.</summary>
    internal static SpaceUse Of(IEnumerable<Segment> segments)
    {
        double live = 0, tombstones = 0, garbage = 0;
        foreach (Segment segment in segments)
        {
            double dead = DeadShare(segment) * segment.DiskBytes;
            double kept = Share(segment, segment.TombstoneBytes) * segment.DiskBytes;
            garbage += dead;
            tombstones += kept;
            live += segment.DiskBytes - dead - kept;
        }

        return new SpaceUse(live, tombstones, garbage);
    }

    /// <summary>The part of a segment's records that are dead: 0 to 1.</summary>
    internal static double DeadShare(Segment segment) =>
        segment.AppendedBytes == 0 ? 1 : Share(segment, segment.DeadBytes);

    /// <summary>Whether what is not live is more than a part of what is, and some.</summary>
    internal bool Exceeds(double ratio, double allowance) => Garbage + Tombstones > (ratio * Live) + allowance;

    private static double Share(Segment segment, long bytes) =>
        Math.Clamp((double)bytes / Math.Max(1, segment.AppendedBytes), 0, 1);
}
