using Kvs.CommandLine;

namespace Kvs.ServerProgram.Settings;

/// <summary>
/// A file of settings: a line <c>name = value</c> for each, empty lines, and lines that begin with <c>#</c>.
/// </summary>
/// <remarks>Lines and not JSON: an operator can comment a line out and say why, an error has a line to name, and the
/// names are those of the flags, so that there is nothing else to learn.</remarks>
internal static class ConfigFile
{
    /// <summary>Reads the settings that a file gives.</summary>
    /// <exception cref="ProgramException">It cannot be read, or a line is none; the message names file and line.
    /// </exception>
    internal static Dictionary<string, GivenValue> Read(string path)
    {
        var given = new Dictionary<string, GivenValue>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in ReadLines(path))
        {
            number++;
            string text = line.Trim();
            if (text.Length > 0 && text[0] != '#')
            {
                Add(given, text, $"{path}:{number}");
            }
        }

        return given;
    }

    private static void Add(Dictionary<string, GivenValue> given, string line, string place)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new ProgramException($"{place}: '{line}' is no setting: lines are 'name = value', comments begin " +
                                       "with '#'.");
        }

        string name = line[..equals].TrimEnd();
        if (SettingTable.All.All(setting => setting.Name != name))
        {
            throw new ProgramException(
                $"{place}: there is no setting '{name}'. The names are those of --help, without the dashes.");
        }

        if (given.TryGetValue(name, out GivenValue? before))
        {
            throw new ProgramException($"{place}: '{name}' is given already, in {before.Place}.");
        }

        given.Add(name, new GivenValue(line[(equals + 1)..].TrimStart(), place, place));
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException($"The settings in {path} cannot be read: {error.Message}", error);
        }
    }
}
