namespace Kvs.Bench.Options;

/// <summary>The values of an option that takes several, shown as they are given: in lower case, with commas.</summary>
internal sealed record ListOf<T>(IReadOnlyList<T> Items)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(",", Items).ToLowerInvariant();
}
