namespace Kvs.Testing;

/// <summary>What can be asked of a file system, and can fail.</summary>
public enum FileOperation
{
    /// <summary>Making a file.</summary>
    Create,

    /// <summary>Opening a file.</summary>
    Open,

    /// <summary>Giving a file another name.</summary>
    Rename,

    /// <summary>Removing a file's name.</summary>
    Unlink,

    /// <summary>Listing a folder.</summary>
    List,

    /// <summary>Making a folder.</summary>
    CreateDirectory,

    /// <summary>Making a folder's entries durable.</summary>
    SyncDirectory,

    /// <summary>Taking a lock.</summary>
    Lock,

    /// <summary>Making room for a file's bytes.</summary>
    Allocate,

    /// <summary>Cutting a file.</summary>
    Truncate,

    /// <summary>Storing bytes without a mapping. One that fails has stored the first half of
    /// them, in whole words of 8 bytes.</summary>
    Write,

    /// <summary>Mapping a file.</summary>
    Map,

    /// <summary>Making a file's bytes durable.</summary>
    Sync,
}
