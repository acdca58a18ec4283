namespace Kvs.Bench.Reports;

/// <summary>Results that can be compared: the same work on the same data. They stand in one table.</summary>
internal sealed class ResultGroup
{
    private ResultGroup(IReadOnlyList<BenchResult> results)
    {
        Results = results;
        Varying = Parameter.VaryingIn(results);
    }

    /// <summary>The results in their order; one at least.</summary>
    internal IReadOnlyList<BenchResult> Results { get; }

    /// <summary>The settings in which they differ.</summary>
    internal IReadOnlyList<Parameter> Varying { get; }

    /// <summary>The settings that they have in common, as far as a reader has to know them.</summary>
    internal BenchSettings Settings => Results[0].Settings;

    /// <summary>The mix, and the workload that was named.</summary>
    internal string Title => (Settings.Preset is null || Settings.Preset == Results[0].Workload
        ? Results[0].Workload
        : $"{Settings.Preset}: {Results[0].Workload}") + (IsServer ? ", over the network" : "");

    /// <summary>Whether the stores were talked to over the network.</summary>
    internal bool IsServer => Settings.Clients is not null;

    /// <summary>What the latencies are of.</summary>
    internal string LatencyOf => Results.Any(result => result.Settings.Batch > 1)
        ? IsServer ? "request" : "call"
        : "operation";

    /// <summary>Puts results into groups.</summary>
    internal static IReadOnlyList<ResultGroup> Of(IReadOnlyList<BenchResult> results) =>
    [
        .. results.GroupBy(result => (result.Workload, IsServer: result.Settings.Clients is not null,
                result.Settings.Preset, result.Settings.Keys, result.Settings.KeyFormat, result.Settings.ValueBytes,
                result.Settings.MinValueBytes, result.Settings.Distribution, result.Settings.Rate))
            .Select(group => new ResultGroup([.. group])),
    ];

    /// <summary>What tells a result from the others of the group.</summary>
    internal string LabelOf(BenchResult result, Parameter? except = null) => string.Join(", ",
        Varying.Where(parameter => parameter != except).Select(parameter => parameter.DescribeOf(result))
            .Where(text => text.Length > 0).Prepend(result.Settings.Engine));
}
