namespace Kvs.Compaction;

/// <summary>Moments of a compaction at which tests interfere.</summary>
internal enum CompactionStep
{
    /// <summary>Which tombstones may go is decided.</summary>
    CensusTaken,

    /// <summary>All that is needed of the victims has a copy, and no slot holds one yet.</summary>
    Copied,

    /// <summary>The copies are durable.</summary>
    Durable,

    /// <summary>The slots hold the copies; the manifest still names the victims.</summary>
    Swung,

    /// <summary>The manifest says that the victims are dropped; their files are there.</summary>
    Dropped,
}
