using System.Globalization;
using Kvs.CommandLine;

namespace Kvs.ServerProgram.Settings;

/// <summary>All settings, each with its value and where that is from: the command line before the environment, that
/// before the file, that before the default.</summary>
internal sealed class GivenSettings
{
    /// <summary>What stands for a setting that has no value.</summary>
    private const string None = "-";

    private readonly List<(Setting Setting, GivenValue Value)> _settings = [];

    /// <param name="flags">What the command line gives, by name.</param>
    /// <param name="file">What the file gives, by name.</param>
    internal GivenSettings(
        IReadOnlyDictionary<string, GivenValue> flags, IReadOnlyDictionary<string, GivenValue> file)
    {
        foreach (Setting setting in SettingTable.All)
        {
            GivenValue value = flags.GetValueOrDefault(setting.Name) ?? FromEnvironment(setting.Variable) ??
                               file.GetValueOrDefault(setting.Name) ??
                               new GivenValue(setting.Default, "default", setting.Flag);
            _settings.Add((setting, value));
        }
    }

    /// <summary>The value of a variable; null where there is none, or an empty one, which is how programs that start
    /// others leave one out.</summary>
    internal static GivenValue? FromEnvironment(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? new GivenValue(text, $"environment {variable}", variable)
            : null;

    /// <summary>What the values say.</summary>
    /// <exception cref="ProgramException">A setting cannot have its value; the message names where that is from.
    /// </exception>
    internal ServerSettings Apply()
    {
        var settings = new ServerSettings();
        foreach ((Setting setting, GivenValue value) in _settings.Where(IsGiven))
        {
            try
            {
                settings = setting.Apply(settings, value.Text);
            }
            catch (ProgramException error)
            {
                string name = value.Place == setting.Flag || value.Place == setting.Variable
                    ? value.Place
                    : $"{value.Place}: {setting.Name}";
                throw new ProgramException($"{name}: {error.Message}", error);
            }
        }

        return settings;

        static bool IsGiven((Setting Setting, GivenValue Value) entry) =>
            entry.Value.Text.Length > 0 || entry.Setting.Default.Length > 0;
    }

    /// <summary>Writes a line for each setting: its name, its value, and where that is from.</summary>
    internal void Print(TextWriter writer)
    {
        int nameWidth = _settings.Max(entry => entry.Setting.Name.Length);
        int valueWidth = _settings.Max(entry => Shown(entry.Value).Length);
        foreach ((Setting setting, GivenValue value) in _settings)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{setting.Name.PadRight(nameWidth)}  {Shown(value).PadRight(valueWidth)}  {value.Source}"));
        }
    }

    /// <summary>Variables that look like settings and are none: misspelt, or meant for something else.</summary>
    internal static IEnumerable<string> FindUnknownVariables() => Environment.GetEnvironmentVariables().Keys
        .Cast<string>()
        .Where(name => name.StartsWith(Setting.Prefix, StringComparison.Ordinal) &&
                       name != ServerCommandLine.ConfigVariable && FromEnvironment(name) is not null &&
                       SettingTable.All.All(setting => setting.Variable != name))
        .Order(StringComparer.Ordinal);

    private static string Shown(GivenValue value) => value.Text.Length == 0 ? None : value.Text;
}
