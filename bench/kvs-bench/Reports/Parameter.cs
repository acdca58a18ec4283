using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>A setting in which the results of one run may differ.</summary>
/// <param name="Column">Its name above a column.</param>
/// <param name="ValueOf">Its value; null where it does not apply.</param>
/// <param name="Describe">The value in words: "2 threads".</param>
internal sealed record Parameter(string Column, Func<BenchSettings, object?> ValueOf, Func<object, string> Describe)
{
    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Parameter> All { get; } =
    [
        new("protocol", settings => settings.Protocol, value => (string)value),
        new("tool", settings => settings.Tool, value => "by " + value),
        new("pool", settings => settings.Pool, value => "pool " + value),
        new("pool thr.", settings => settings.ServerThreads, value => Count(value, "pool thread")),
        new("threads", settings => settings.Threads, value => Count(value, "thread")),
        new("clients", settings => settings.Clients, value => Count(value, "client")),
        new("in flight", settings => settings.InFlight, value => Invariant($"{value} in flight")),
        new("batch", settings => settings.Batch, value => Invariant($"batch {value}")),
        new("partitions", settings => settings.Partitions, value => Count(value, "partition")),
    ];

    /// <summary>Those in which some of the results differ where they apply.</summary>
    internal static IReadOnlyList<Parameter> VaryingIn(IReadOnlyList<BenchResult> results) =>
    [
        .. All.Where(parameter => results.Select(result => parameter.ValueOf(result.Settings))
            .Where(value => value is not null).Distinct().Skip(1).Any()),
    ];

    /// <summary>The value that a result has, in words; empty where it does not apply.</summary>
    internal string DescribeOf(BenchResult result) =>
        ValueOf(result.Settings) is { } value ? Describe(value) : "";

    private static string Count(object number, string what) => Invariant($"{number} {what}{(number is 1 ? "" : "s")}");
}
