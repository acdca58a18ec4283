namespace Kvs.Admin;

/// <summary>What verifying a folder found.</summary>
public sealed record VerifyReport
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The store's id in hexadecimal; null when the file that holds it is damaged.</summary>
    public string? StoreId { get; init; }

    /// <summary>Segments that were looked at.</summary>
    public int Segments { get; init; }

    /// <summary>Bytes of their files.</summary>
    public long Bytes { get; init; }

    /// <summary>Puts and removes in segments that are sound, those that no key needs any more included.</summary>
    public long Records { get; init; }

    /// <summary>Keys that the store holds, expired ones included that are not yet removed. Known only of a store that
    /// is sound and was closed.</summary>
    public long? Keys { get; init; }

    /// <summary>What opening would do first; null for a store that was closed, or where it cannot be said because of
    /// damage.</summary>
    public RecoveryForecast? Recovery { get; init; }

    /// <summary>Every damaged place that was found: the first of each file.</summary>
    public required IReadOnlyList<DamagedPlace> Damages { get; init; }

    /// <summary>Whether nothing is damaged.</summary>
    public bool IsSound => Damages.Count == 0;
}
