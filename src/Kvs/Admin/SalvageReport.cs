namespace Kvs.Admin;

/// <summary>What was saved of a damaged folder, and what was not.</summary>
public sealed record SalvageReport
{
    /// <summary>The folder that was read.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder of the new store.</summary>
    public required string Target { get; init; }

    /// <summary>Segments that were read.</summary>
    public required int Segments { get; init; }

    /// <summary>Puts and removes in them that are sound, those that no key needs any more included.</summary>
    public required long Records { get; init; }

    /// <summary>Keys in the new store.</summary>
    public required long Keys { get; init; }

    /// <summary>Bytes of these keys and their values.</summary>
    public required long Bytes { get; init; }

    /// <summary>Keys that were left out because they have expired.</summary>
    public required long ExpiredKeys { get; init; }

    /// <summary>What could not be read.</summary>
    public required IReadOnlyList<LostRange> LostRanges { get; init; }

    /// <summary>The latest writes of keys that are known to be lost.</summary>
    public required IReadOnlyList<LostRecord> LostRecords { get; init; }

    /// <summary>What else the new store may lack, or have too much.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Whether keys in the new store may have older values than they had, or have been removed, without being
    /// named among <see cref="LostRecords"/>.</summary>
    public bool MayHoldOlderValues => LostRanges.Any(range => !range.IsAccountedFor) || Warnings.Count > 0;

    /// <summary>Whether the new store holds all that the old one did.</summary>
    public bool IsComplete => LostRecords.Count == 0 && !MayHoldOlderValues;
}
