using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>The results for people at a terminal: a table for each group, and how its lines compare.</summary>
internal static class TextReport
{
    private const string ColumnGap = "  ";

    /// <summary>Writes the results.</summary>
    internal static void Write(TextWriter output, IReadOnlyList<BenchResult> results)
    {
        foreach (ResultGroup group in ResultGroup.Of(results))
        {
            output.WriteLine();
            WriteTable(output, group);
            WriteServers(output, group);
            foreach (Comparison comparison in Comparison.OfGrowth(group).Concat(Comparison.OfEngines(group)))
            {
                output.WriteLine(comparison);
            }

            WriteNotBegun(output, group);
        }

        WriteIndexes(output, results);
    }

    private static void WriteTable(TextWriter output, ResultGroup group)
    {
        output.WriteLine($"{group.Title}: operations a second (lowest and highest round), microseconds for each " +
                         group.LatencyOf);
        string[][] columns = [.. ResultColumn.Of(group).Select(column =>
            group.Results.Select(column.TextOf).Prepend(column.Title).ToArray())];
        int[] widths = [.. columns.Select(column => column.Max(text => text.Length))];
        for (int line = 0; line <= group.Results.Count; line++)
        {
            // Names to the left, figures to the right.
            output.WriteLine(string.Join(ColumnGap, columns.Select((column, index) => index == 0
                ? column[line].PadRight(widths[index])
                : column[line].PadLeft(widths[index]))));
        }
    }

    // With several servers: what each of them did most of the time, beside what the clients have counted.
    private static void WriteServers(TextWriter output, ResultGroup group)
    {
        foreach (BenchResult line in group.Results.Where(line => line.OpsPerSecondByServer is { Length: > 1 }))
        {
            double[] rates = line.OpsPerSecondByServer!;
            output.WriteLine(Invariant($"{group.LabelOf(line)}: {rates.Length} servers, median rates ") +
                             string.Join(" + ", rates.Select(Rate)) + $" = {Rate(rates.Sum())}");
        }
    }

    private static void WriteNotBegun(TextWriter output, ResultGroup group)
    {
        foreach (BenchResult line in group.Results.Where(line => line.OperationsNotBegun > 0))
        {
            output.WriteLine(Invariant($"{group.LabelOf(line)}: the rate was too high: {line.OperationsNotBegun} ") +
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
}
