namespace Kvs.Bench.Options;

/// <summary>A workload with a name: a command and options, each of which can be overridden.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Command">What measures it when it is called by its name alone.</param>
/// <param name="Description">What it is, in a few words.</param>
/// <param name="Options">The options that every command has.</param>
/// <param name="EmbeddedOptions">Those that <c>embedded</c> has besides.</param>
/// <param name="ServerOptions">Those that <c>server</c> has besides.</param>
internal sealed record Preset(string Name, string Command, string Description, string Options,
    string EmbeddedOptions = "", string ServerOptions = "")
{
    /// <summary>The arguments that it stands for with one of the commands.</summary>
    internal IEnumerable<string> ArgumentsFor(string command) => string.Join(' ', Options, command switch
    {
        Presets.EmbeddedCommand => EmbeddedOptions,
        Presets.ServerCommand => ServerOptions,
        _ => "",
    }).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
