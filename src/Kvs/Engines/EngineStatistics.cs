namespace Kvs;

/// <summary>Figures about a store at one moment: those that any engine may have, 0 where it has none. An engine can
/// have more: <see cref="KvStoreStatistics"/>.</summary>
public record EngineStatistics
{
    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>Keys that are there; an estimate where an engine cannot count them in little time.</summary>
    public required long Keys { get; init; }

    /// <summary>Memory that the index takes, in bytes.</summary>
    public long IndexBytes { get; init; }

    /// <summary>Bytes of the store's files on disk, those held ready included.</summary>
    public long DiskBytes { get; init; }

    /// <summary>Bytes of records that a get could still return, and of what must be kept beside them.</summary>
    public long LiveBytes { get; init; }

    /// <summary>Segments of the log.</summary>
    public int Segments { get; init; }

    /// <summary>Group commits since the store was opened: each made everything before it durable.</summary>
    public long Commits { get; init; }

    /// <summary>How long opening took, recovery included.</summary>
    public TimeSpan OpenTime { get; init; }
}
