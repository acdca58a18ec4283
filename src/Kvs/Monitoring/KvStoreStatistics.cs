namespace Kvs;

/// <summary>
/// Figures about a <see cref="KvStore"/> at one moment; what counts up does so since the store was opened. Each figure
/// is true of a moment within the call that made them, not all of them of the same.
/// </summary>
/// <remarks>
/// No read or write pays for any of it: writes are counted by the numbers that they are given anyway, the rest by the
/// threads behind them. Reads are not counted, and neither they nor writes are timed: a counter that all processors
/// write, or two looks at the clock, would cost a read a large part of what it takes.
/// </remarks>
public sealed record KvStoreStatistics : EngineStatistics
{
    /// <summary>Bytes of records that a later write has replaced, and that compaction has not won back yet.</summary>
    public long GarbageBytes { get; init; }

    /// <summary>Bytes of tombstones in sealed segments that must be kept, because the log may hold an earlier record of
    /// their key. They count as live bytes.</summary>
    public long TombstoneBytes { get; init; }

    /// <summary>Segments that are complete: nothing in them will change.</summary>
    public int SealedSegments { get; init; }

    /// <summary>Segments that are made and nothing is in them yet: 0 or 1.</summary>
    public int ReadySegments { get; init; }

    /// <summary>Values that are leased now.</summary>
    public long Leases { get; init; }

    /// <summary>Records that were written: one for each set and each removal, those in batches included.</summary>
    public long Writes { get; init; }

    /// <summary>Bytes of records that were appended to the log, the copies that compaction makes included.</summary>
    public long WrittenBytes { get; init; }

    /// <summary>The most bytes that were appended between two commits.</summary>
    public long LargestCommitBytes { get; init; }

    /// <summary>How long commits took, from when all writes of their group were complete until the group was
    /// durable.</summary>
    public LatencyStatistics CommitTimes { get; init; }

    /// <summary>The syncs (fdatasync) of segments that commits made, and how long they took.</summary>
    public LatencyStatistics SyncTimes { get; init; }

    /// <summary>Rounds of compaction.</summary>
    public long Compactions { get; init; }

    /// <summary>Segments whose live records compaction copied.</summary>
    public long CompactedSegments { get; init; }

    /// <summary>Bytes that it copied.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>Bytes of segments that were dropped, after compaction or because nothing in them was needed any more.
    /// Less <see cref="CopiedBytes"/>, it is what was won back.</summary>
    public long ReclaimedBytes { get; init; }

    /// <summary>How many times writes were held back until garbage was won back.</summary>
    public long TimesHeldBack { get; init; }

    /// <summary>How long they were in all.</summary>
    public TimeSpan HeldBackTime { get; init; }

    /// <summary>Keys that were removed in the background because they had expired.</summary>
    public long ExpiredKeys { get; init; }

    /// <summary>What was recovered when the store was opened; null when it had been closed cleanly.</summary>
    public RecoveryStatistics? Recovery { get; init; }

    /// <summary>Segments of which all was read when the store was opened, because their footers could not be used.
    /// </summary>
    public int RebuiltSegments { get; init; }

    /// <summary>Why the store takes no more writes; null while it does.</summary>
    public string? PoisonReason { get; init; }

    /// <summary>Bytes of memory that the index takes for each key.</summary>
    public double IndexBytesPerKey => Part(IndexBytes, Keys);

    /// <summary>How many writes a commit made durable, on average.</summary>
    public double WritesPerCommit => Part(Writes, Commits);

    /// <summary>How many bytes of records a commit made durable, on average.</summary>
    public double BytesPerCommit => Part(WrittenBytes, Commits);

    private static double Part(long whole, long parts) => parts == 0 ? 0 : (double)whole / parts;
}
