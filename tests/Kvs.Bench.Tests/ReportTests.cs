using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kvs.Bench.Measures;
using Kvs.Bench.Reports;
using Kvs.Bench.Reports.Html;

namespace Kvs.Bench.Tests;

/// <summary>The page of results.</summary>
public sealed partial class ReportTests
{
    /// <summary>How much of a character's height and width labels must be apart.</summary>
    private const double LabelHeight = 12;
    private const double CharacterWidth = 6.2;

    [Fact]
    public void The_page_needs_nothing_else()
    {
        string page = PageOf(Results());
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_every_kind_of_chart_there_is_something_to_draw_for()
    {
        string page = PageOf(Results());
        Assert.All(
            (string[])["Operations a second: median", "by threads", "by batch", "over time", "Rates of each",
                "Latency of each call, by percentile"],
            title => Assert.Contains(title, page, StringComparison.Ordinal));
    }

    [Fact]
    public void No_label_of_a_chart_touches_another_or_leaves_the_drawing()
    {
        XElement[] drawings = [.. Drawings(PageOf(Results())), .. Drawings(PageOf(Results(scale: 1e-6)))];
        Assert.NotEmpty(drawings);
        foreach (XElement drawing in drawings)
        {
            double[] view = [.. drawing.Attribute("viewBox")!.Value.Split(' ').Select(Parse)];
            (double Left, double Right, double Y, string Text)[] labels =
                [.. drawing.Elements("text").Select(Extent)];
            Assert.All(labels, label => Assert.True(label.Left >= -1 && label.Right <= view[2] + 1 &&
                label.Y >= LabelHeight / 2 && label.Y <= view[3], $"'{label.Text}' is cut off"));
            foreach ((double Left, double Right, double Y, string Text) one in labels)
            {
                Assert.DoesNotContain(labels, other => other != one && Math.Abs(other.Y - one.Y) < LabelHeight &&
                    other.Left < one.Right && one.Left < other.Right);
            }
        }
    }

    [Fact]
    public void What_stands_in_results_is_text_and_no_markup()
    {
        BenchResult result = Results()[0];
        BenchSettings settings = result.Settings with { Engine = "<i>" };
        string page = PageOf([result with { FirstError = "<b>bold</b>", Errors = 1, Settings = settings }]);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;bold", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_that_were_written_as_JSON_are_read_as_they_were()
    {
        IReadOnlyList<BenchResult> results = Results();
        string file = Path.GetTempFileName();
        try
        {
            using (FileStream output = File.Create(file))
            {
                JsonReport.Write(output, results);
            }

            Assert.Equal(PageOf(results), PageOf(JsonReport.Read(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Of_results_that_differ_in_one_setting_the_ratio_of_each_round_counts()
    {
        BenchResult one = ResultOf("kvs", threads: 1, batch: 1, [100, 200, 300]);
        BenchResult two = ResultOf("kvs", threads: 2, batch: 1, [200, 300, 600]);
        BenchResult peer = ResultOf("peer", threads: 1, batch: 1, [50, 50, 50]);
        ResultGroup group = Assert.Single(ResultGroup.Of([one, two, peer]));
        Assert.Equal(["kvs: 2 threads = 2.00 (1.50 to 2.00) x 1 thread"],
            Comparison.OfGrowth(group).Select(comparison => comparison.ToString()));
        Assert.Equal(["1 thread: kvs = 4.00 (2.00 to 6.00) x peer"],
            Comparison.OfEngines(group).Select(comparison => comparison.ToString()));
    }

    private static BenchResult[] Results(double scale = 1) =>
    [
        .. from engine in (string[])["kvs", "a-peer-with-a-rather-long-name"]
           from threads in (int[])[1, 2, 3, 4, 64]
           from batch in (int[])[1, 131_072]
           select ResultOf(engine, threads, batch,
               [scale * 1e6 * threads, scale * 1.4e6 * threads, scale * 0.9e6 * threads]),
    ];

    private static BenchResult ResultOf(string engine, int threads, int batch, double[] rounds) => new()
    {
        Workload = "get",
        Settings = new BenchSettings { Engine = engine, Threads = threads, Batch = batch, Keys = 1000, Seconds = 1 },
        Operations = 1000,
        Errors = 0,
        Seconds = 3,
        OpsPerSecond = Median.Of(rounds),
        OpsPerSecondByRound = rounds,
        ValueMbPerSecond = 1,
        LatencyUs = new LatencyUs(0.4, 0.5, 1, 2, 30, 400, 50_000 * threads),
        OpsPerSecondOverTime = [.. rounds.Select(round => Enumerable.Repeat(round, 10).ToArray())],
        OverTimeIntervalMs = 100,
    };

    private static string PageOf(IReadOnlyList<BenchResult> results)
    {
        using var page = new MemoryStream();
        HtmlReport.Write(page, [("", results)]);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    private static IEnumerable<XElement> Drawings(string page) =>
        Svg().Matches(page).Select(match => XElement.Parse(match.Value));

    private static (double Left, double Right, double Y, string Text) Extent(XElement label)
    {
        double x = Parse(label.Attribute("x")!.Value);
        double width = label.Value.Length * CharacterWidth;
        double left = label.Attribute("text-anchor")!.Value switch
        {
            "start" => x,
            "middle" => x - (width / 2),
            _ => x - width,
        };
        return (left, left + width, Parse(label.Attribute("y")!.Value), label.Value);
    }

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
