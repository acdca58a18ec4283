using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Reflection;

namespace Kvs.CommandLine;

/// <summary>Runs a program's command line as the contract of the programs has it: data on the standard output,
/// messages on the standard error stream, exit code 0 for success and 1 for any failure.</summary>
public static class CommandLineProgram
{
    /// <summary>The version of this build, for example <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(CommandLineProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;

    /// <summary>Makes a root command with <c>--help</c> and <c>--version</c>.</summary>
    /// <param name="name">The program's name, as its version line has it.</param>
    /// <param name="description">The first line of its help.</param>
    public static RootCommand CreateRoot(string name, string description)
    {
        var root = new RootCommand(description);
        root.Options.Clear();

        // A key may look like a directive ("[a]"), and like the help option of another system ("/h"): neither is one.
        root.Directives.Clear();
        root.Options.Add(new HelpOption("--help", "-h") { Description = "Show this help" });
        root.Options.Add(new VersionOption("--version", "-V")
        {
            Description = "Show the version",
            Action = new ShowVersion(name),
        });
        return root;
    }

    /// <summary>The option <c>--addr</c>.</summary>
    /// <param name="description">What the address is for.</param>
    public static Option<System.Net.IPEndPoint> CreateAddressOption(string description) => new("--addr")
    {
        Description = description,
        HelpName = "IP:PORT",
        DefaultValueFactory = _ => Address.Default,
        CustomParser = result =>
        {
            try
            {
                return Address.Parse(result.Tokens[0].Value);
            }
            catch (ProgramException exception)
            {
                result.AddError(exception.Message);
                return null;
            }
        },
    };

    /// <summary>Reads a whole number within bounds, for an option's parser.</summary>
    public static int ParseNumber(ArgumentResult result, string option, int min, int max)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) &&
            number >= min && number <= max)
        {
            return number;
        }

        result.AddError($"'{text}' is no value for {option}: give a whole number from {min} to {max}.");
        return min;
    }

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static int Run(RootCommand root, IReadOnlyList<string> args)
    {
        try
        {
            // A value that begins with "@" is a value, and "-abc" is not "-a -b -c".
            ParseResult parsed = root.Parse(args, new ParserConfiguration
            {
                ResponseFileTokenReplacer = null,
                EnablePosixBundling = false,
            });
            if (parsed.Action is not { ClearsParseErrors: true } && FindError(parsed) is { } error)
            {
                Console.Error.WriteLine(error);
                Console.Error.WriteLine("--help shows how it is used.");
                return 1;
            }

            // Signals are the program's own affair: without a time-out, the library leaves them alone.
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(Describe(exception));
            return 1;
        }
    }

    /// <summary>What to tell the person who started the program of a failure that ended it.</summary>
    public static string Describe(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return IsExplained(exception) ? exception.Message : $"This should not have happened: {exception}";
    }

    /// <summary>Whether the message of the exception is written for the person who started the program.</summary>
    private static bool IsExplained(Exception exception) =>
        exception is ProgramException or IOException or UnauthorizedAccessException ||
        exception.GetType().Assembly.GetName().Name!.StartsWith("Kvs", StringComparison.Ordinal);

    private static string? FindError(ParseResult parsed)
    {
        if (FindUnknownOption(parsed) is { } option)
        {
            Command command = parsed.CommandResult.Command;
            string hint = command.Subcommands.Count > 0 || StandsBeforeCommand(parsed, option)
                ? " here: options go after the command."
                : command.Arguments.Any(static argument => argument.Name is "KEY" or "VALUE")
                    ? ". A key or a value that begins with '-' goes after '--', and options go before it."
                    : ".";
            return $"Unknown option '{option}'{hint}";
        }

        if (parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Subcommands.Count > 0)
        {
            return $"Unknown command '{parsed.UnmatchedTokens[0]}'.";
        }

        return parsed.Errors.Count > 0 ? parsed.Errors[0].Message : null;
    }

    private static bool StandsBeforeCommand(ParseResult parsed, string option) =>
        parsed.CommandResult is { IdentifierToken: { } command } &&
        parsed.Tokens.TakeWhile(token => token != command).Any(token => token.Value == option);

    // The library takes an option that it does not know for an argument, where there is room for one: a misspelt
    // option would be stored as a value.
    private static string? FindUnknownOption(ParseResult parsed)
    {
        var known = new HashSet<Token>(ReferenceEqualityComparer.Instance);
        foreach (SymbolResult child in parsed.CommandResult.Children)
        {
            if (child is OptionResult)
            {
                known.UnionWith(child.Tokens);
            }
        }

        return parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.Length > 1 &&
                                     token.Value[0] == '-' && !known.Contains(token))?.Value;
    }

    private sealed class ShowVersion(string name) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Console.Out.WriteLine($"{name} {Version}");
            return 0;
        }
    }
}
