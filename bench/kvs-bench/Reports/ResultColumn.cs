using System.Globalization;
using Kvs.Bench.Measures;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>A column of a table of results.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="TextOf">What it says of a result.</param>
internal sealed record ResultColumn(string Title, Func<BenchResult, string> TextOf)
{
    private const string NotKnown = "-";

    /// <summary>The columns of a group's table.</summary>
    internal static IEnumerable<ResultColumn> Of(ResultGroup group) =>
        [.. CaseColumns(group), .. ThroughputColumns(), .. LatencyColumns(), .. CostColumns(group)];

    private static IEnumerable<ResultColumn> CaseColumns(ResultGroup group)
    {
        yield return new ResultColumn("engine", result => result.Settings.Engine);
        foreach (Parameter parameter in Parameter.All.Where(parameter =>
                     group.Varying.Contains(parameter) || IsAlwaysShown(parameter, group)))
        {
            yield return new ResultColumn(parameter.Column, result =>
                Invariant($"{parameter.ValueOf(result.Settings) ?? NotKnown}"));
        }

    }

    private static IEnumerable<ResultColumn> ThroughputColumns()
    {
        yield return new ResultColumn("ops/s", result => Rate(result.OpsPerSecond));
        yield return new ResultColumn("(lowest, highest)", result =>
            $"({Rate(result.OpsPerSecondByRound.Min())}, {Rate(result.OpsPerSecondByRound.Max())})");
        yield return new ResultColumn("MB/s", result => Number(result.ValueMbPerSecond, "F0"));
    }

    private static IEnumerable<ResultColumn> LatencyColumns()
    {
        (string Title, Func<LatencyUs, double> Figure)[] percentiles =
        [
            ("p50", latency => latency.P50), ("p75", latency => latency.P75), ("p90", latency => latency.P90),
            ("p95", latency => latency.P95), ("p99", latency => latency.P99), ("p99.9", latency => latency.P999),
            ("max", latency => latency.Max),
        ];
        return percentiles.Select(percentile => new ResultColumn(percentile.Title, result =>
            result.LatencyUs is { } latency ? Us(percentile.Figure(latency)) : NotKnown));
    }

    private static IEnumerable<ResultColumn> CostColumns(ResultGroup group)
    {
        yield return new ResultColumn("cpu ns", result => Number(result.CpuNsPerOp, "F0"));
        if (group.IsServer)
        {
            yield return new ResultColumn("client ns", result => Number(result.ClientCpuNsPerOp, "F0"));
        }
        else
        {
            yield return new ResultColumn("alloc B", result => Number(result.AllocatedBytesPerOp, "F1"));
        }

        yield return new ResultColumn("RSS MB", result => Number(result.ResidentBytes / Million, "F0"));
        yield return new ResultColumn("disk MB", result => Number(result.DiskBytes / Million, "F0"));
        yield return new ResultColumn("errors", result => Number(result.Errors, "F0"));
    }

    private static bool IsAlwaysShown(Parameter parameter, ResultGroup group) =>
        parameter.Column is "durability" or "threads" or "clients" or "in flight" && parameter.ValueOf(group.Settings) is not null;

    private static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? NotKnown;
}
