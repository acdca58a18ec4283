namespace Kvs.Testing;

/// <summary>An error that the simulated file system will make.</summary>
public sealed record SimulatedFault
{
    /// <summary>"Input/output error", as the kernel numbers it.</summary>
    public const int InputOutputError = 5;

    /// <summary>"No space left on device".</summary>
    public const int NoSpace = 28;

    /// <summary>"Read-only file system".</summary>
    public const int ReadOnlyFileSystem = 30;

    /// <summary>Which operations it is about; all unless said otherwise. Must not call the file system.</summary>
    public Func<SimulatedOperation, bool> Matches { get; init; } = static _ => true;

    /// <summary>How many matching operations pass before the first that fails.</summary>
    public long Skip { get; init; }

    /// <summary>Whether all matching operations fail from then on; only one does otherwise.</summary>
    public bool Repeats { get; init; }

    /// <summary>The kernel's number of the error.</summary>
    public int Error { get; init; } = InputOutputError;

    /// <summary>What a sync that fails leaves behind.</summary>
    public FailedSyncPages Pages { get; init; } = FailedSyncPages.Dropped;
}

/// <summary>What becomes of a file's dirty pages when its sync fails.</summary>
public enum FailedSyncPages
{
    /// <summary>
    /// They are not on disk, and count as clean: memory shows what was written, a second sync succeeds, and the next
    /// power cut takes it. This is what Linux does.
    /// </summary>
    Dropped,

    /// <summary>They are on disk all the same.</summary>
    Kept,
}
