using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>Makes options whose values are checked, with errors that say what would be right.</summary>
internal static class OptionMaker
{
    /// <summary>Reads a value; false when it is none.</summary>
    internal delegate bool Parser<T>(string text, out T value);

    /// <summary>An option that takes a whole number within bounds.</summary>
    internal static Option<int> Number(string name, string description, int standard, int min, int max) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => CommandLineProgram.ParseNumber(result, name, min, max),
    };

    /// <summary>An option that takes one or more whole numbers within bounds.</summary>
    internal static Option<ListOf<int>> Numbers(string name, string description, IReadOnlyList<int> standard, int min,
        int max)
    {
        bool TryParse(string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) &&
            number >= min && number <= max;
        return List<int>(name, "N[,N...]", description, standard, TryParse, $"give whole numbers from {min} to {max}");
    }

    /// <summary>An option that takes a value of any kind.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="helpName">What the help shows for its value.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="standard">Its default.</param>
    /// <param name="parser">Reads its value.</param>
    /// <param name="hint">What would be right, as the end of an error.</param>
    internal static Option<T> Value<T>(string name, string helpName, string description, T standard, Parser<T> parser,
        string hint) => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => standard,
            CustomParser = result => Parse(result, name, result.Tokens[0].Value, parser, hint),
        };

    /// <summary>The same for one or more values, with commas between them; what is given twice counts once.</summary>
    internal static Option<ListOf<T>> List<T>(string name, string helpName, string description,
        IReadOnlyList<T> standard, Parser<T> parser, string hint) => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => new ListOf<T>(standard),
            CustomParser = result => new ListOf<T>([.. result.Tokens[0].Value.Split(',')
                .Select(text => Parse(result, name, text, parser, hint)).Distinct()]),
        };

    /// <summary>An option that takes one of the names of an enumeration, in lower case.</summary>
    internal static Option<T> Name<T>(string name, string description, T standard) where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(one => one.ToLowerInvariant())];
        bool TryParse(string text, out T value)
        {
            // Not Enum.TryParse alone, which takes numbers as well.
            value = default;
            return names.Contains(text) && Enum.TryParse(text, ignoreCase: true, out value);
        }

        return Value(name, "NAME", description, standard, TryParse, $"there are {string.Join(", ", names)}");
    }

    private static T Parse<T>(ArgumentResult result, string name, string text, Parser<T> parser, string hint)
    {
        if (!parser(text, out T value))
        {
            result.AddError($"'{text}' is no value for {name}: {hint}.");
        }

        return value;
    }
}
