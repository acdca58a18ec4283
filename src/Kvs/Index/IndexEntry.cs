namespace Kvs.Index;

/// <summary>An entry of an index that is being filled.</summary>
/// <param name="Fraction">Where in its partition the key's hash lies.</param>
/// <param name="Position">Where in the log its record lies.</param>
internal readonly record struct IndexEntry(ulong Fraction, ulong Position);
