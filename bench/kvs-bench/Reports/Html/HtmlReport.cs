using System.Net;
using System.Reflection;
using System.Text;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports.Html;

/// <summary>Results as one page that needs nothing else: opens without a network, in light and dark.</summary>
internal sealed class HtmlReport
{
    private const string StyleResource = "Kvs.Bench.Reports.Html.report.css";

    private readonly StringBuilder _page = new();

    private HtmlReport()
    {
    }

    /// <summary>Writes the page.</summary>
    /// <param name="output">Where it goes, as UTF-8.</param>
    /// <param name="chapters">The results, in chapters with a title each; one chapter needs none.</param>
    internal static void Write(
        Stream output, IReadOnlyList<(string Title, IReadOnlyList<BenchResult> Results)> chapters)
    {
        var report = new HtmlReport();
        report.AddPage(chapters);
        output.Write(Encoding.UTF8.GetBytes(report._page.ToString()));
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string ReadStyle()
    {
        using Stream style = Assembly.GetExecutingAssembly().GetManifestResourceStream(StyleResource)!;
        using var reader = new StreamReader(style);
        return reader.ReadToEnd();
    }

    private void AddPage(IReadOnlyList<(string Title, IReadOnlyList<BenchResult> Results)> chapters)
    {
        BenchResult[] all = [.. chapters.SelectMany(chapter => chapter.Results)];
        _page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" " +
                     "content=\"width=device-width, initial-scale=1\">\n<title>kvs-bench</title>\n<style>\n");
        _page.Append(ReadStyle()).Append("</style>\n</head>\n<body>\n<main>\n<h1>kvs-bench</h1>\n");
        _page.Append($"<p class=\"quiet\">{Invariant($"{all.Length} results")}{MeasuredAt(all)}</p>\n");
        AddEnvironment(all);
        var sections = chapters.SelectMany(chapter => ResultGroup.Of(chapter.Results)
            .Select(group => (Title: TitleOf(chapter.Title, group), Group: group))).ToArray();
        AddContents([.. sections.Select(section => section.Title)]);
        for (int i = 0; i < sections.Length; i++)
        {
            AddSection(sections[i].Title, sections[i].Group, i);
        }

        _page.Append("</main>\n</body>\n</html>\n");
    }

    private static string TitleOf(string chapter, ResultGroup group) =>
        chapter.Length == 0 || group.Title.StartsWith(chapter, StringComparison.Ordinal)
            ? group.Title
            : $"{chapter}: {group.Title}";

    private static string MeasuredAt(BenchResult[] results)
    {
        DateTimeOffset[] times = [.. results.Select(result => result.Settings.MeasuredAt).OfType<DateTimeOffset>()];
        return times.Length == 0 ? "" : Invariant($", measured until {times.Max():yyyy-MM-dd HH:mm} UTC");
    }

    private void AddEnvironment(BenchResult[] results)
    {
        _page.Append("<dl>\n");
        AddFacts("Processor", results, settings => $"{settings.Processor} ({settings.Processors} processors)");
        AddFacts("Memory", results, settings => Invariant($"{settings.MemoryBytes / Million:F0} MB"));
        AddFacts("Disk", results, settings => settings.Disk);
        AddFacts("System", results, settings => settings.OperatingSystem);
        AddFacts("Runtime", results, settings => settings.Runtime);
        AddFacts("Version", results, settings => settings.KvsVersion);
        foreach (IGrouping<string, BenchResult> engine in results.GroupBy(result => result.Settings.Engine))
        {
            AddFacts(engine.Key, [.. engine], settings => settings.EngineNotes);
        }

        _page.Append("</dl>\n");
    }

    private void AddFacts(string name, BenchResult[] results, Func<BenchSettings, string?> fact)
    {
        string facts = string.Join("<br>",
            results.Select(result => fact(result.Settings)).OfType<string>().Distinct().Select(Encode));
        _page.Append($"<dt>{Encode(name)}</dt><dd>{facts}</dd>\n");
    }

    private void AddContents(string[] titles)
    {
        if (titles.Length < 2)
        {
            return;
        }

        _page.Append("<ul class=\"plain\">\n");
        for (int i = 0; i < titles.Length; i++)
        {
            _page.Append(Invariant($"<li><a href=\"#section-{i}\">{Encode(titles[i])}</a></li>\n"));
        }

        _page.Append("</ul>\n");
    }

    private void AddSection(string title, ResultGroup group, int index)
    {
        _page.Append(Invariant($"<section id=\"section-{index}\">\n<h2>{Encode(title)}</h2>\n"));
        _page.Append($"<p class=\"quiet\">{Encode(Describe(group))}</p>\n");
        foreach (string warning in WarningsOf(group))
        {
            _page.Append($"<p class=\"bad\">{Encode(warning)}</p>\n");
        }

        AddCharts(group);
        AddComparisons(group);
        AddTable(group);
        _page.Append("</section>\n");
    }

    private static string Describe(ResultGroup group)
    {
        BenchSettings settings = group.Settings;
        string values = settings.MinValueBytes is { } min
            ? $"{min} to {settings.ValueBytes}"
            : Invariant($"{settings.ValueBytes}");
        string keys = settings.KeyFormat is null or "binary"
            ? Invariant($"keys of {settings.KeyBytes} bytes")
            : $"{settings.KeyFormat} keys";
        string rate = settings.Rate is { } perSecond
            ? Invariant($"; {perSecond} operations begun each second, latencies from when each was to begin")
            : "";
        string same = string.Concat(Parameter.All.Except(group.Varying)
            .Where(parameter => parameter.ValueOf(settings) is not 0)
            .Select(parameter => parameter.DescribeOf(group.Results[0])).Where(text => text.Length > 0)
            .Select(text => "; " + text));
        return Invariant($"{settings.Keys:N0} {keys}, values of {values} bytes, {settings.Distribution}") + Invariant($"{same}{rate}; {settings.Rounds} rounds of {settings.Seconds} s after one to warm up");
    }

    private static IEnumerable<string> WarningsOf(ResultGroup group)
    {
        if (group.Results.Any(result => result.Interrupted == true))
        {
            yield return "The run was interrupted: there are fewer rounds than there were to be.";
        }

        foreach (BenchResult result in group.Results.Where(result => result.Errors > 0))
        {
            yield return Invariant($"{group.LabelOf(result)}: {result.Errors} errors; the first: {result.FirstError}");
        }

        foreach (BenchResult result in group.Results.Where(result => result.OperationsNotBegun > 0))
        {
            yield return Invariant(
                $"{group.LabelOf(result)}: {result.OperationsNotBegun} operations could not begin before the end.");
        }
    }

    private void AddCharts(ResultGroup group)
    {
        foreach (Drawing drawing in Drawings.Of(group))
        {
            _page.Append($"<h3>{Encode(drawing.Title)}</h3>\n");
            if (drawing.Legend.Count > 1)
            {
                string entries = string.Concat(drawing.Legend.Select((label, index) =>
                    $"<li class=\"{SvgBuilder.Color(index)}\"><span></span>{Encode(label)}</li>"));
                _page.Append($"<ul class=\"legend\">{entries}</ul>\n");
            }

            _page.Append(drawing.Svg);
        }
    }

    private void AddComparisons(ResultGroup group)
    {
        Comparison[] comparisons = [.. Comparison.OfEngines(group), .. Comparison.OfGrowth(group)];
        if (comparisons.Length > 0)
        {
            _page.Append("<h3>How they compare</h3>\n<ul>\n");
            _page.Append(string.Concat(comparisons.Select(one => $"<li>{Encode(one.ToString())}</li>\n")));
            _page.Append("</ul>\n");
        }
    }

    private void AddTable(ResultGroup group)
    {
        ResultColumn[] columns = [.. ResultColumn.Of(group)];
        _page.Append($"<h3>Figures</h3>\n<p class=\"quiet\">Latencies in microseconds for each {group.LatencyOf}; " +
                     "medians of the rounds.</p>\n<div class=\"table\"><table>\n<tr>");
        _page.Append(string.Concat(columns.Select(column => $"<th>{Encode(column.Title)}</th>"))).Append("</tr>\n");
        foreach (BenchResult result in group.Results)
        {
            _page.Append("<tr>").Append(string.Concat(columns.Select(column =>
                $"<td>{Encode(column.TextOf(result))}</td>"))).Append("</tr>\n");
        }

        _page.Append("</table></div>\n");
    }
}
