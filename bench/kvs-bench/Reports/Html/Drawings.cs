using Kvs.Bench.Measures;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports.Html;

/// <summary>The charts of a group of results.</summary>
internal static class Drawings
{
    /// <summary>As many lines as one chart can hold and be read.</summary>
    private const int MaxLines = SvgBuilder.Colors;

    /// <summary>From here on, an axis of numbers is logarithmic.</summary>
    private const double LogFrom = 8;

    private const double MsPerSecond = 1000;
    private const double UsPerMs = 1000;
    private const double UsPerSecond = 1e6;

    private static readonly string[] s_percentiles = ["50 %", "75 %", "90 %", "95 %", "99 %", "99.9 %", "longest"];

    /// <summary>All that there is something to draw for.</summary>
    internal static IEnumerable<Drawing> Of(ResultGroup group) =>
        [Throughput(group), .. Growth(group), .. OverTime(group), .. Spread(group), .. Latencies(group)];

    private static Drawing Throughput(ResultGroup group) => new(
        "Operations a second: median, range and rounds", [], new RangeChart
        {
            XTitle = "operations a second",
            Describe = RateTick,
            Rows =
            [
                .. group.Results.Select(result => new RangeRow(group.LabelOf(result), result.OpsPerSecondByRound)),
            ],
        }.Draw());

    private static IEnumerable<Drawing> Growth(ResultGroup group)
    {
        foreach (Parameter parameter in group.Varying.Where(parameter => parameter.IsNumber))
        {
            double XOf(BenchResult result) => Convert.ToDouble(parameter.ValueOf(result.Settings), null);
            BenchResult[] results = [.. group.Results.Where(result => parameter.ValueOf(result.Settings) is not null)];
            double[] ticks = [.. results.Select(XOf).Distinct().Order()];
            ChartLine[] lines =
            [
                .. results.GroupBy(result => group.LabelOf(result, parameter)).Select(line => new ChartLine(line.Key,
                [
                    [
                        .. line.OrderBy(XOf).Select(result => new ChartPoint(XOf(result), result.OpsPerSecond,
                            result.OpsPerSecondByRound.Min(), result.OpsPerSecondByRound.Max())),
                    ],
                ])),
            ];
            foreach (ChartLine[] some in lines.Chunk(MaxLines))
            {
                yield return new Drawing($"Operations a second by {parameter.Column}", Legend(some), new LineChart
                {
                    XTitle = parameter.Column,
                    YTitle = "operations a second",
                    XTicks = ticks,
                    IsLog = ticks[^1] >= LogFrom * ticks[0],
                    DescribeX = value => Invariant($"{value:N0}"),
                    DescribeY = RateTick,
                    Lines = some,
                }.Draw());
            }
        }
    }

    private static IEnumerable<Drawing> OverTime(ResultGroup group)
    {
        ChartLine[] lines =
        [
            .. group.Results.Where(HasTime).Select(result => new ChartLine(group.LabelOf(result), StretchesOf(result))),
        ];
        return lines.Chunk(MaxLines).Select(some => new Drawing(
            "Operations a second over time, one round behind the other", Legend(some), new LineChart
            {
                XTitle = "seconds",
                YTitle = "operations a second",
                DescribeX = value => Invariant($"{value:0.##}"),
                DescribeY = RateTick,
                Lines = some,
            }.Draw()));
    }

    private static IEnumerable<Drawing> Spread(ResultGroup group)
    {
        RangeRow[] rows =
        [
            .. group.Results.Where(HasTime).Select(result =>
                new RangeRow(group.LabelOf(result), [.. result.OpsPerSecondOverTime!.SelectMany(round => round)])),
        ];
        if (rows.Length > 0)
        {
            double? intervalMs = group.Results.First(HasTime).OverTimeIntervalMs;
            yield return new Drawing(
                Invariant($"Rates of each {intervalMs:F0} ms: quartiles, and 5 to 95 % of them"), [], new RangeChart
                {
                    XTitle = "operations a second",
                    Describe = RateTick,
                    IsBoxPlot = true,
                    Rows = rows,
                }.Draw());
        }
    }

    private static IEnumerable<Drawing> Latencies(ResultGroup group)
    {
        ChartLine[] lines =
        [
            .. group.Results.Where(result => result.LatencyUs?.P50 > 0).Select(result =>
                new ChartLine(group.LabelOf(result),
                    [[.. Percentiles(result.LatencyUs!).Select((value, index) => new ChartPoint(index, value))]])),
        ];
        return lines.Chunk(MaxLines).Select(some => new Drawing(
            $"Latency of each {group.LatencyOf}, by percentile", Legend(some), new LineChart
            {
                XTitle = "percentile",
                YTitle = "latency",
                XTicks = [.. Enumerable.Range(0, s_percentiles.Length).Select(index => (double)index)],
                IsLogY = true,
                DescribeX = value => s_percentiles[(int)value],
                DescribeY = LatencyTick,
                Lines = some,
            }.Draw()));
    }

    private static string[] Legend(ChartLine[] lines) => [.. lines.Select(line => line.Label)];

    private static bool HasTime(BenchResult result) =>
        result.OpsPerSecondOverTime is { } rounds && rounds.Any(round => round.Length > 1);

    private static List<IReadOnlyList<ChartPoint>> StretchesOf(BenchResult result)
    {
        double seconds = (result.OverTimeIntervalMs ?? 0) / MsPerSecond;
        double at = 0;
        List<IReadOnlyList<ChartPoint>> stretches = [];
        foreach (double[] round in result.OpsPerSecondOverTime!)
        {
            double begin = at;
            stretches.Add([.. round.Select((rate, index) => new ChartPoint(begin + ((index + 0.5) * seconds), rate))]);
            at += round.Length * seconds;
        }

        return stretches;
    }

    private static double[] Percentiles(LatencyUs latency) =>
        [latency.P50, latency.P75, latency.P90, latency.P95, latency.P99, latency.P999, latency.Max];

    private static string RateTick(double perSecond) => perSecond switch
    {
        >= Million => Invariant($"{perSecond / Million:0.##} M"),
        >= Thousand => Invariant($"{perSecond / Thousand:0.#} k"),
        _ => Invariant($"{perSecond:0.#}"),
    };

    private static string LatencyTick(double microseconds) => microseconds switch
    {
        >= UsPerSecond => Invariant($"{microseconds / UsPerSecond:0.##} s"),
        >= UsPerMs => Invariant($"{microseconds / UsPerMs:0.##} ms"),
        _ => Invariant($"{microseconds:0.##} us"),
    };
}
