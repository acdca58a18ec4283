namespace Kvs.Admin;

/// <summary>What compacting a folder did.</summary>
public sealed record CompactReport
{
    /// <summary>Bytes of the segments' files before.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>And after.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>Keys that the store holds.</summary>
    public required long Keys { get; init; }

    /// <summary>Files that were found to be damaged, and left as they are.</summary>
    public required IReadOnlyList<string> DamagedFiles { get; init; }
}
