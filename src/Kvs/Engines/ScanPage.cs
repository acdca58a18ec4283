namespace Kvs;

/// <summary>One page of a scan.</summary>
/// <param name="Entries">The entries of this page; may be empty though more pages follow.</param>
/// <param name="NextCursor">Where the next page begins; 0 when this page was the last.</param>
public sealed record ScanPage(IReadOnlyList<KvsEntry> Entries, ulong NextCursor);

/// <summary>A key and its value.</summary>
public readonly record struct KvsEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
