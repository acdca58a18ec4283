using Kvs.Compaction;
using Kvs.Files;
using Kvs.Log;
using Kvs.Monitoring;

namespace Kvs;

/// <summary>How a store is opened. Every property has a default that suits most.</summary>
public sealed record KvStoreOptions
{
    /// <summary>The most partitions that an index can have.</summary>
    public const int MaxPartitions = 65536;

    /// <summary>What a write has reached when the call returns. <see cref="Durability.Interval"/> by default.</summary>
    public Durability Durability { get; init; } = Durability.Interval;

    /// <summary>The longest time between two syncs at <see cref="Durability.Interval"/>: 1 second by default, and never
    /// more than 30.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many partitions the index has, each with its own writer lock: 1 to 65536, 256 by default. May
    /// differ from one opening to the next.</summary>
    public int Partitions { get; init; } = 256;

    /// <summary>The size that a segment of the log grows to, in bytes: a multiple of 64 KiB, 64 MiB by default.
    /// </summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The size of a new store's first segment, in bytes: a multiple of 64 KiB, 1 MiB by default.</summary>
    public int FirstSegmentBytes { get; init; } = 1024 * 1024;

    /// <summary>How garbage is won back.</summary>
    public CompactionOptions Compaction { get; init; } = new();

    /// <summary>How long keys and values may be.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>The clock that says what has expired. The system's unless a test says otherwise.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the store's files live. The operating system's unless a test says otherwise.</summary>
    public IFileSystem FileSystem { get; init; } = OperatingSystemFiles.Instance;

    /// <summary>Told what an operator must know: bytes cut after a power cut, a failed sync. May be called from any
    /// thread; what it throws is lost. Listeners of the event source <c>Kvs</c> are told the same, and more.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>How many lanes the log has, the one for large records included: one more than there are processors,
    /// unless a test wants to know where its bytes will lie.</summary>
    internal int Lanes { get; init; } = Environment.ProcessorCount + 1;

    /// <summary>Called on compaction's thread at each of its steps, for tests that interfere there.</summary>
    internal Action<CompactionStep>? AtCompactionStep { get; init; }

    /// <summary>What makes a new store's bytes its own: random, unless a test wants to know them.</summary>
    internal LogSecret? NewSecret { get; init; }

    /// <summary>Through which the store tells what happens in it; made when it is opened.</summary>
    internal StoreEvents Events { get; init; } = new(string.Empty, log: null);

    /// <summary>The least that a segment can have, in bytes, and what its size is a multiple of.</summary>
    private const int SegmentUnitBytes = 64 * 1024;

    internal void Check()
    {
        static void Require(bool holds, string option, object value, string range)
        {
            if (!holds)
            {
                throw new ArgumentOutOfRangeException(option, value, $"{option} must be {range}.");
            }
        }

        static bool IsSegmentSize(int bytes) =>
            bytes is >= SegmentUnitBytes and <= SegmentTable.MaxSharedSegmentBytes && bytes % SegmentUnitBytes == 0;

        const string SegmentSizes = "a multiple of 64 KiB, from 64 KiB to 64 MiB";
        Require(Partitions is >= 1 and <= MaxPartitions, nameof(Partitions), Partitions, $"1 to {MaxPartitions}");
        Require(IsSegmentSize(SegmentBytes), nameof(SegmentBytes), SegmentBytes, SegmentSizes);
        Require(IsSegmentSize(FirstSegmentBytes), nameof(FirstSegmentBytes), FirstSegmentBytes, SegmentSizes);
        Require(SyncInterval > TimeSpan.Zero, nameof(SyncInterval), SyncInterval, "longer than zero");
        Require(Compaction.GarbageRatio is >= 0.05 and <= 10, nameof(Compaction.GarbageRatio),
            Compaction.GarbageRatio, "0.05 to 10");
        Require(Compaction.MaxBytesPerSecond is null or > 0, nameof(Compaction.MaxBytesPerSecond),
            Compaction.MaxBytesPerSecond!, "at least 1");
        Require(Enum.IsDefined(Durability), nameof(Durability), Durability, "one of the levels");
    }
}
