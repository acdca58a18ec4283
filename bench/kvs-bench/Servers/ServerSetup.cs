namespace Kvs.Bench.Servers;

/// <summary>One way to start a server; null is what the server itself chooses.</summary>
internal sealed record ServerSetup(ServerKind Kind, string? Pool, int? Threads, int? Partitions)
{
    /// <summary>It in words.</summary>
    internal string Name => string.Join(", ", ((string?[])
    [
        Kind.Name, Pool, Threads is null ? null : $"{Threads} pool threads",
        Partitions is null ? null : $"{Partitions} partitions",
    ]).OfType<string>());
}
