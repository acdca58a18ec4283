namespace Kvs.Admin;

/// <summary>What a backup holds.</summary>
public sealed record BackupReport
{
    /// <summary>The folder that it was written to.</summary>
    public required string Folder { get; init; }

    /// <summary>Segments in it.</summary>
    public required int Segments { get; init; }

    /// <summary>Bytes of their files.</summary>
    public required long Bytes { get; init; }

    /// <summary>Everything that is stamped up to this epoch is in it, and nothing else.</summary>
    public required ulong Epoch { get; init; }
}
