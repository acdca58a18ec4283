using System.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>The options that say where results go.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string?> _json = new("--json")
    {
        Description = "Write the results to a file as well, as a JSON array",
        HelpName = "FILE",
    };

    private readonly Option<string?> _html = new("--report")
    {
        Description = "Write the results to a file as well, as a page of HTML that needs nothing else",
        HelpName = "FILE",
    };

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_json);
        command.Add(_html);
    }

    /// <summary>What was given.</summary>
    internal OutputFiles Read(ParseResult parsed) => new(parsed.GetValue(_json), parsed.GetValue(_html));
}
