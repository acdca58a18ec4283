namespace Kvs.Bench.Options;

/// <summary>What makes the load.</summary>
internal static class LoadTool
{
    /// <summary>This program, which checks every reply.</summary>
    internal const string Own = "own";

    /// <summary>The tool of Redis, which checks nothing.</summary>
    internal const string RedisBenchmark = "redis-benchmark";

    internal static IReadOnlyList<string> Names { get; } = [Own, RedisBenchmark];
}
