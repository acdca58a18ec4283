using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>A setting in which the results of one run may differ.</summary>
/// <param name="Column">Its name above a column.</param>
/// <param name="ValueOf">Its value; null where it does not apply.</param>
/// <param name="Describe">The value in words: "2 threads".</param>
/// <param name="IsNumber">Whether results can be drawn over it.</param>
internal sealed record Parameter(string Column, Func<BenchSettings, object?> ValueOf, Func<object, string> Describe,
    bool IsNumber)
{
    /// <summary>Whether engines can be compared though it differs, as long as that is said.</summary>
    internal bool IsOfEngine { get; private init; }

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Parameter> All { get; } =
    [
        Name("run", settings => settings.Run, "{0}"),
        Name("protocol", settings => settings.Protocol, "{0}") with { IsOfEngine = true },
        Name("durability", settings => settings.Durability, "durability {0}") with { IsOfEngine = true },
        Name("tool", settings => settings.Clients is null ? null : settings.Tool ?? "kvs-bench", "by {0}") with
        {
            IsOfEngine = true,
        },
        Name("pool", settings => settings.Pool, "pool {0}"),
        Number("pool threads", settings => settings.ServerThreads, "pool thread"),
        Number("threads", settings => settings.Threads, "thread"),
        Number("clients", settings => settings.Clients, "client"),
        new("in flight", settings => settings.InFlight, value => Invariant($"{value} in flight"), IsNumber: true),
        new("idle", settings => settings.Clients is null ? null : settings.Idle ?? 0,
            value => Invariant($"{value} idle"), IsNumber: false),
        new("batch", settings => settings.Batch, value => Invariant($"batch {value}"), IsNumber: true),
        Number("partitions", settings => settings.Partitions, "partition"),
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

    private static Parameter Name(string column, Func<BenchSettings, string?> valueOf, string text) =>
        new(column, valueOf, value => text.Replace("{0}", (string)value, StringComparison.Ordinal), IsNumber: false);

    private static Parameter Number(string column, Func<BenchSettings, int?> valueOf, string what) =>
        new(column, settings => valueOf(settings), value => Invariant($"{value} {what}{(value is 1 ? "" : "s")}"),
            IsNumber: true);
}
