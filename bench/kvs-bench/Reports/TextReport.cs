using Kvs.Bench.Measures;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>The results for people: a table for each mix, and how its lines compare.</summary>
internal static class TextReport
{
    private const int MinEngineWidth = 8;

    /// <summary>Writes the results.</summary>
    internal static void Write(TextWriter output, IReadOnlyList<BenchResult> results)
    {
        foreach (IGrouping<(string Workload, bool IsServer), BenchResult> mix in results.GroupBy(result =>
                     (result.Workload, result.Settings.Clients is not null)))
        {
            BenchResult[] lines = [.. mix];
            output.WriteLine();
            WriteTable(output, lines);
            WriteServers(output, lines);
            foreach (Comparison comparison in Comparison.OfGrowth(lines).Concat(Comparison.OfEngines(lines)))
            {
                output.WriteLine(comparison);
            }

            WriteNotBegun(output, lines);
        }

        WriteIndexes(output, results);
    }

    private static void WriteTable(TextWriter output, BenchResult[] lines)
    {
        Column[] columns = [.. ColumnsOf(lines)];
        string each = lines[0].Settings.LatencyOf == "batch" ? "batch" : "operation";
        output.WriteLine(Invariant(
            $"{lines[0].Workload}: operations a second (lowest and highest round), microseconds for each {each}"));
        output.WriteLine(string.Concat(columns.Select(column => column.Pad(column.Title))).TrimEnd());
        foreach (BenchResult line in lines)
        {
            output.WriteLine(string.Concat(columns.Select(column => column.Pad(column.TextOf(line)))).TrimEnd());
        }
    }

    private static IEnumerable<Column> ColumnsOf(BenchResult[] lines)
    {
        yield return new Column("engine", result => result.Settings.Engine,
            -Math.Max(MinEngineWidth, lines.Max(line => line.Settings.Engine.Length) + 1));
        IReadOnlyList<Parameter> varying = Parameter.VaryingIn(lines);
        foreach (Parameter parameter in Parameter.All.Where(parameter =>
                     varying.Contains(parameter) || IsAlwaysShown(parameter, lines)))
        {
            string TextOf(BenchResult result) => Invariant($"{parameter.ValueOf(result.Settings)}");
            int width = Math.Max(parameter.Column.Length, lines.Max(line => TextOf(line).Length)) + 2;
            yield return new Column(parameter.Column, TextOf, width);
        }

        yield return new Column("durability", result => result.Settings.Durability, 12);
        yield return new Column("ops/s", result => Rate(result.OpsPerSecond), 10);
        yield return new Column("", RangeOf, 21);
        yield return new Column("MB/s", result => Invariant($"{result.ValueMbPerSecond:F0}"), 7);
        foreach (Column latency in LatencyColumns())
        {
            yield return latency;
        }

        yield return new Column("cpu ns", result => Invariant($"{result.CpuNsPerOp:F0}"), 8);
        if (lines[0].Settings.Clients is not null)
        {
            yield return new Column("client ns", result => Invariant($"{result.ClientCpuNsPerOp:F0}"), 11);
        }

        yield return new Column("alloc B",
            result => Invariant($"{result.AllocatedBytesPerOp ?? result.ClientAllocatedBytesPerOp:F1}"), 9);
        yield return new Column("RSS MB", result => Invariant($"{result.ResidentBytes / Million:F0}"), 8);
        yield return new Column("disk MB", result => Invariant($"{result.DiskBytes / Million:F0}"), 9);
    }

    private static IEnumerable<Column> LatencyColumns()
    {
        (string Title, Func<LatencyUs, double> Figure)[] percentiles =
        [
            ("p50", latency => latency.P50), ("p75", latency => latency.P75), ("p90", latency => latency.P90),
            ("p95", latency => latency.P95), ("p99", latency => latency.P99), ("p99.9", latency => latency.P999),
        ];
        foreach ((string title, Func<LatencyUs, double> figure) in percentiles)
        {
            yield return new Column(title, result => Us(figure(result.LatencyUs)), 8);
        }

        yield return new Column("max", result => Us(result.LatencyUs.Max), 10);
    }

    private static bool IsAlwaysShown(Parameter parameter, BenchResult[] lines) =>
        parameter.Column is "threads" or "clients" or "in flight" && parameter.ValueOf(lines[0].Settings) is not null;

    private static string RangeOf(BenchResult result) =>
        Invariant($"({Rate(result.OpsPerSecondByRound.Min())}, {Rate(result.OpsPerSecondByRound.Max())})");

    // With several servers: what each of them did most of the time, beside what the clients have counted.
    private static void WriteServers(TextWriter output, BenchResult[] lines)
    {
        foreach (BenchResult line in lines.Where(line => line.OpsPerSecondByServer is { Length: > 1 }))
        {
            double[] rates = line.OpsPerSecondByServer!;
            output.WriteLine(Invariant($"{line.Settings.Engine}: {rates.Length} servers, median rates ") +
                             string.Join(" + ", rates.Select(Rate)) + Invariant($" = {Rate(rates.Sum())}"));
        }
    }

    private static void WriteNotBegun(TextWriter output, BenchResult[] lines)
    {
        foreach (BenchResult line in lines.Where(line => line.OperationsNotBegun > 0))
        {
            output.WriteLine(Invariant($"{line.Settings.Engine}: the rate was too high: {line.OperationsNotBegun} ") +
                             "operations could not begin before the end");
        }
    }

    // Only where the store holds the keys that there are said to be, and no more.
    private static void WriteIndexes(TextWriter output, IReadOnlyList<BenchResult> results)
    {
        output.WriteLine();
        foreach (BenchResult result in results
                     .Where(result => result.IndexBytes > 0 && result.Workload is not ("partitions" or "d"))
                     .DistinctBy(result => result.Settings.Engine))
        {
            double bytesPerKey = (double)result.IndexBytes! / result.Settings.Keys;
            output.WriteLine(Invariant($"index of {result.Settings.Engine}: {bytesPerKey:F1} bytes a key"));
        }
    }

    /// <summary>A column; a negative width puts its text to the left.</summary>
    private sealed record Column(string Title, Func<BenchResult, string> TextOf, int Width)
    {
        internal string Pad(string text) => Width < 0 ? text.PadRight(-Width) : text.PadLeft(Width);
    }
}
