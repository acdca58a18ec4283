namespace Kvs.Testing;

/// <summary>One of the things that a power cut keeps or takes by itself.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The file's full path.</param>
/// <param name="Number">The sector's number in the file, from 0; of a change to a folder, the number of the operation
/// that made it; 0 for a length.</param>
public readonly record struct UnsyncedChange(UnsyncedKind Kind, string Path, long Number);

/// <summary>What has not been synced.</summary>
public enum UnsyncedKind
{
    /// <summary>A sector of 512 bytes that differs from the one on disk.</summary>
    Sector,

    /// <summary>A file's length.</summary>
    Length,

    /// <summary>A file made, renamed or removed.</summary>
    Entry,
}
