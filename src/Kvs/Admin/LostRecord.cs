using Kvs.Text;

namespace Kvs.Admin;

/// <summary>The latest write of a key that could not be saved.</summary>
public sealed record LostRecord
{
    /// <summary>The file in which it lies.</summary>
    public required string File { get; init; }

    /// <summary>Where in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>The key; null where it cannot be read any more.</summary>
    public required ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>The version that was lost.</summary>
    public required ulong Version { get; init; }

    /// <summary>Whether it removed the key.</summary>
    public required bool IsRemoval { get; init; }

    /// <summary>Whether it is lost because it belongs to a batch of which a part is damaged.</summary>
    public required bool IsOfDamagedBatch { get; init; }

    /// <summary>The version of the older value that was saved in its place; null where there is none.</summary>
    public required ulong? SavedVersion { get; init; }

    /// <summary>One line that says all of it.</summary>
    public override string ToString()
    {
        string what = IsRemoval ? "removal" : "value";
        string key = Key is { } known ? ReadableBytes.Describe(known.Span) : "a key that cannot be read";
        string why = IsOfDamagedBatch ? "is part of a damaged batch" : "is damaged";
        string instead = SavedVersion is { } saved ? $"saved in its place is version {saved}"
            : "no older value is there";
        return $"{File}:{Offset}: the latest {what} of {key}, version {Version}, {why}; {instead}";
    }
}
