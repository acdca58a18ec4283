using System.CommandLine;

namespace Kvs.ServerProgram.Settings;

/// <summary>The command line of <c>kvs-server</c>: an option for each setting, and those about settings.</summary>
internal sealed class ServerCommandLine
{
    /// <summary>The variable that names the file, where <c>--config</c> does not.</summary>
    internal const string ConfigVariable = "KVS_CONFIG";

    private readonly Dictionary<string, Option> _options =
        SettingTable.All.ToDictionary(setting => setting.Name, CreateOption);

    private readonly Option<string?> _config = new("--config")
    {
        Description = "A file of settings, a line 'name = value' for each. The command line comes before the " +
                      $"environment ({Setting.Prefix}MAX_CONNECTIONS and the like), that before the file",
        HelpName = "FILE",
    };

    private readonly Option<bool> _printConfig = new("--print-config")
    {
        Description = "Show every setting, its value and where that is from, and end",
    };

    internal void AddTo(RootCommand root)
    {
        foreach (Option option in (IEnumerable<Option>)[.. _options.Values, _config, _printConfig])
        {
            root.Add(option);
        }
    }

    /// <summary>Does what the command line asks for; returns the exit code.</summary>
    internal int Run(ParseResult parsed)
    {
        string? path = parsed.GetValue(_config) ?? GivenSettings.FromEnvironment(ConfigVariable)?.Text;
        var given = new GivenSettings(ReadFlags(parsed), path is null ? [] : ConfigFile.Read(path));
        ServerSettings settings = given.Apply();
        if (!parsed.GetValue(_printConfig))
        {
            return ServerRun.Run(settings);
        }

        given.Print(Console.Out);
        foreach (string variable in GivenSettings.FindUnknownVariables())
        {
            Console.Error.WriteLine($"{variable} is set and is no setting.");
        }

        return 0;
    }

    private Dictionary<string, GivenValue> ReadFlags(ParseResult parsed)
    {
        var given = new Dictionary<string, GivenValue>(StringComparer.Ordinal);
        foreach ((string name, Option option) in _options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result)
            {
                continue;
            }

            string text = option is Option<bool>
                ? result.GetValueOrDefault<bool>() ? "true" : "false"
                : string.Join(Setting.ListSeparator, result.Tokens.Select(token => token.Value));
            given.Add(name, new GivenValue(text, $"flag {option.Name}", option.Name));
        }

        return given;
    }

    private static Option CreateOption(Setting setting)
    {
        if (setting.IsSwitch)
        {
            return new Option<bool>(setting.Flag) { Description = setting.Description };
        }

        Option option = setting.IsList
            ? new Option<string[]>(setting.Flag) { DefaultValueFactory = _ => [setting.Default] }
            : new Option<string>(setting.Flag)
            {
                DefaultValueFactory = setting.Default.Length > 0 ? _ => setting.Default : null,
            };
        option.Description = setting.Description;
        option.HelpName = setting.ValueName;
        return option;
    }
}
