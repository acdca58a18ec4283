using System.CommandLine;
using Kvs.Bench.Reports;
using Kvs.Bench.Reports.Html;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>The command <c>kvs-bench report</c>.</summary>
internal static class ReportCommand
{
    private const string Description = """
        Lays the results of several runs side by side, at the terminal and as a page.

        Examples:
          kvs-bench report before.json after.json --report comparison.html
          kvs-bench report --apart artifacts/bench/*.json --report all.html
        """;

    internal static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "What runs have written with --json",
            Arity = ArgumentArity.OneOrMore,
        };
        var apart = new Option<bool>("--apart")
        {
            Description = "Show one run after the other, for runs of different things",
        };
        var html = new Option<string?>("--report")
        {
            Description = "Write a page of HTML that needs nothing else",
            HelpName = "FILE",
        };
        var command = new Command("report", Description) { files, apart, html };
        command.SetAction(parsed => Execute(parsed.GetRequiredValue(files), parsed.GetValue(apart),
            parsed.GetValue(html)));
        return command;
    }

    private static int Execute(string[] files, bool isApart, string? html)
    {
        (string Name, IReadOnlyList<BenchResult> Results)[] runs =
            [.. files.Select(file => (Path.GetFileNameWithoutExtension(file), JsonReport.Read(file)))];
        if (runs.All(run => run.Results.Count == 0))
        {
            throw new ProgramException("There are no results in these files.");
        }

        if (!isApart)
        {
            runs = [("", [.. runs.SelectMany(run => run.Results.Select(result => Name(result, run.Name)))])];
        }

        foreach ((string name, IReadOnlyList<BenchResult> results) in runs)
        {
            Console.WriteLine(name);
            TextReport.Write(Console.Out, results);
        }

        if (html is not null)
        {
            using FileStream output = File.Create(html);
            HtmlReport.Write(output, runs);
        }

        return 0;
    }

    private static BenchResult Name(BenchResult result, string run) =>
        result with { Settings = result.Settings with { Run = run } };
}
