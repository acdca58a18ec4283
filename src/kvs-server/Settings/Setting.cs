namespace Kvs.ServerProgram.Settings;

/// <summary>One setting of the server, under one name wherever it is given: <c>--max-connections</c> on the command
/// line, <c>KVS_MAX_CONNECTIONS</c> in the environment, <c>max-connections</c> in the file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ValueName">What stands for its value in the help.</param>
/// <param name="Description">What it does, for the help.</param>
/// <param name="Default">Its value unless another is given, as text; empty where it has none.</param>
/// <param name="Apply">The settings with this one set to a value. Throws <see cref="Kvs.CommandLine.ProgramException"/>
/// for one that it cannot have, saying which it can.</param>
internal sealed record Setting(
    string Name,
    string ValueName,
    string Description,
    string Default,
    Func<ServerSettings, string, ServerSettings> Apply)
{
    /// <summary>Separates the values of a list.</summary>
    internal const char ListSeparator = ',';

    /// <summary>Whether it is on or off, so that its name alone says on.</summary>
    public bool IsSwitch { get; init; }

    /// <summary>Whether it takes several values, each with the name again or all with commas between them.</summary>
    public bool IsList { get; init; }

    /// <summary>The option on the command line.</summary>
    public string Flag => $"--{Name}";

    /// <summary>The variable in the environment.</summary>
    public string Variable => $"{Prefix}{Name.Replace('-', '_').ToUpperInvariant()}";

    /// <summary>What the names of all variables begin with.</summary>
    internal const string Prefix = "KVS_";
}
