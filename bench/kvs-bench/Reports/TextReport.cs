using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Reports;

/// <summary>The results for people: a table for each mix, and how its lines compare.</summary>
internal static class TextReport
{
    private const double Million = 1e6;
    private const double Thousand = 1e3;

    /// <summary>Says what is going to be measured, and on what.</summary>
    internal static void WriteHeader(TextWriter output, EmbeddedSettings settings)
    {
        string mixes = string.Join(", ", settings.Mixes.Select(mix => mix.Name()));
        output.WriteLine(Text(
            $"kvs-bench {CommandLineProgram.Version}: {string.Join(", ", settings.Engines)}; durability " +
            $"{settings.Durability}; {settings.Keys:N0} keys of {settings.KeyBytes} bytes, values of " +
            $"{settings.ValueBytes} bytes, {settings.Distribution}; mix {mixes}; threads " +
            $"{string.Join(", ", settings.Threads)}; batch {settings.Batch}{(settings.IsAtomic ? ", atomic" : "")}; " +
            $"partitions {string.Join(", ", settings.Partitions)}; {settings.Rounds} rounds of {settings.Seconds} s " +
            $"after one to warm up; {Environment.ProcessorCount} processors, " +
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}"));
    }

    /// <summary>Writes the results.</summary>
    internal static void Write(TextWriter output, EmbeddedSettings settings, IReadOnlyList<Series> results)
    {
        foreach (IGrouping<Mix, Series> mix in results.GroupBy(series => series.Mix))
        {
            Series[] lines = [.. mix];
            output.WriteLine();
            WriteTable(output, settings, mix.Key, lines);
            WriteThreadRatios(output, lines);
            WriteEngineRatios(output, lines);
        }

        WriteIndexes(output, settings, results);
    }

    private static void WriteTable(TextWriter output, EmbeddedSettings settings, Mix mix, Series[] lines)
    {
        string each = settings.Batch == 1 ? "operation" : "call of " + settings.Batch;
        output.WriteLine(Text(
            $"{mix.Name(),-30}{"ops/s (lowest, highest round)",-33}{$"microseconds for each {each}",-43}" +
            $"{"per operation",16}"));
        output.WriteLine(Text(
            $"{"engine",-8}{"threads",8}{"partitions",12}{"",33}{"p50",8}{"p90",8}{"p99",8}{"p99.9",8}{"max",10}" +
            $"{"cpu ns",8}{"alloc B",8}{"RSS MB",8}{"disk MB",8}"));
        foreach (Series series in lines)
        {
            string range = Text($"({Rate(series.Rounds.Min(round => round.OpsPerSecond))}, " +
                                $"{Rate(series.Rounds.Max(round => round.OpsPerSecond))})");
            LatencyUs latency = series.Latency ?? LatencyUs.None;
            output.WriteLine(Text(
                $"{series.Store.Engine.Name,-8}{series.Store.Threads,8}{series.Store.Partitions,12}" +
                $"{Rate(series.OpsPerSecond),12} {range,-20}{Us(latency.P50),8}{Us(latency.P90),8}" +
                $"{Us(latency.P99),8}{Us(latency.P999),8}{Us(latency.Max),10}{series.CpuNsPerOp,8:F0}" +
                $"{series.AllocatedBytesPerOp,8:F1}{series.ResidentBytes / Million,8:F0}" +
                $"{series.DiskBytes / Million,8:F0}"));
        }
    }

    private static void WriteThreadRatios(TextWriter output, Series[] lines)
    {
        foreach (IGrouping<(string, int?), Series> same in lines.GroupBy(series =>
                     (series.Store.Engine.Name, series.Store.Partitions)))
        {
            Series first = same.First();
            foreach (Series series in same.Skip(1))
            {
                string partitions = lines.DistinctBy(line => line.Store.Partitions).Count() > 2
                    ? Text($" ({first.Store.Partitions} partitions)")
                    : "";
                output.WriteLine(Text($"{first.Store.Engine.Name}{partitions}: {Threads(series)} = " +
                                      $"{Ratio(series, first)} x {Threads(first)}"));
            }
        }
    }

    // The ratio of each round counts, as its parts were measured one right after the other.
    private static void WriteEngineRatios(TextWriter output, Series[] lines)
    {
        foreach (Series first in lines.Where(series => series.Store.Engine == lines[0].Store.Engine))
        {
            foreach (Series other in lines.Where(series => series.Store.Engine != first.Store.Engine &&
                                                           series.Store.Threads == first.Store.Threads))
            {
                string partitions = first.Store.Partitions is { } count ? Text($" ({count} partitions)") : "";
                output.WriteLine(Text($"{Threads(first)}: {first.Store.Engine.Name}{partitions} = " +
                                      $"{Ratio(first, other)} x {other.Store.Engine.Name}"));
            }
        }
    }

    // Only where the store holds the keys that there are said to be, and no more.
    private static void WriteIndexes(TextWriter output, EmbeddedSettings settings, IReadOnlyList<Series> results)
    {
        output.WriteLine();
        foreach (Series series in results.Where(series => series.IndexBytes > 0 && series.Mix != Mix.Partitions)
                     .DistinctBy(series => series.Store.Engine))
        {
            double bytesPerKey = (double)series.IndexBytes! / settings.Keys;
            output.WriteLine(Text($"index of {series.Store.Engine.Name}: {bytesPerKey:F1} bytes a key"));
        }
    }

    private static string Threads(Series series) =>
        series.Store.Threads == 1 ? "1 thread" : Text($"{series.Store.Threads} threads");

    private static string Ratio(Series series, Series other)
    {
        double[] rounds =
        [
            .. series.Rounds.Zip(other.Rounds, (one, two) => one.OpsPerSecond / two.OpsPerSecond),
        ];
        return Text($"{Median.Of(rounds):F2} ({rounds.Min():F2} to {rounds.Max():F2})");
    }

    private static string Rate(double perSecond) => perSecond switch
    {
        >= Million => Text($"{perSecond / Million:F2} M"),
        >= Thousand => Text($"{perSecond / Thousand:F1} k"),
        _ => Text($"{perSecond:F0}"),
    };

    private static string Us(double microseconds) => microseconds switch
    {
        < 10 => Text($"{microseconds:F2}"),
        < 1000 => Text($"{microseconds:F1}"),
        _ => Text($"{microseconds:F0}"),
    };

    // The whole program runs in the invariant culture (InvariantGlobalization).
    private static string Text(DefaultInterpolatedStringHandler text) => text.ToStringAndClear();
}
