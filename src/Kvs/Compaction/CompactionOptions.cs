namespace Kvs;

/// <summary>
/// How the space of records that were replaced, removed or have expired is won back: their segments' live records are
/// copied together, in the background, and the segments removed.
/// </summary>
public sealed record CompactionOptions
{
    /// <summary>Garbage on disk above this part of the live data starts compaction: 0.05 to 10, 0.35 by default. Less
    /// keeps the folder smaller and copies more. Writes are held back where garbage gets to half as much again (0.5 by
    /// default), until compaction has caught up.</summary>
    public double GarbageRatio { get; init; } = 0.35;

    /// <summary>The most bytes that compaction copies in a second; null, the default, for no limit. Writes that make
    /// garbage faster than a limit allows are held back in the end.</summary>
    public long? MaxBytesPerSecond { get; init; }

    /// <summary>Whether it runs by itself. True by default; otherwise only <see cref="KvStore.Compact"/> does it, and
    /// the folder grows until then.</summary>
    public bool IsAutomatic { get; init; } = true;

    /// <summary>So much is copied in one go, in bytes, which is how much more than before may be on disk meanwhile.
    /// Less only in tests.</summary>
    internal long RoundBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>New tombstones are looked at when they are this part of the live data, and a first segment's bytes.
    /// Less than zero, in tests: always.</summary>
    internal double CensusRatio { get; init; } = 0.05;

    /// <summary>Garbage above this part of the live data holds writes back.</summary>
    internal double HighestRatio => GarbageRatio * 1.43;
}
