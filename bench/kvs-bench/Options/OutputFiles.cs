namespace Kvs.Bench.Options;

/// <summary>The files that results go to.</summary>
/// <param name="Json">As a JSON array; none when null.</param>
/// <param name="Html">As a page; none when null.</param>
internal sealed record OutputFiles(string? Json, string? Html);
