namespace Kvs.Server.Sessions.Resp;

/// <summary>A command of the table: what it is called, what it takes, what it is, and what executes it.</summary>
internal sealed class RespCommand
{
    /// <summary>Describes a command.</summary>
    /// <param name="name">Its name in small letters; of a subcommand, with that of its command before a bar.</param>
    /// <param name="arity">How many arguments it takes, its name among them; negative for at least so many.</param>
    /// <param name="flags">What it is.</param>
    /// <param name="categories">Its categories beyond those that follow from its flags.</param>
    /// <param name="summary">What it does, in a line.</param>
    /// <param name="since">The version of Redis that had it first.</param>
    /// <param name="execute">What executes it.</param>
    internal RespCommand(
        string name, int arity, CommandFlags flags, CommandCategories categories, string summary, string since,
        RespHandler execute)
    {
        Name = name;
        Arity = arity;
        Flags = flags;
        Categories = categories | Implied(flags);
        Summary = summary;
        Since = since;
        Execute = execute;
    }

    internal string Name { get; }

    internal int Arity { get; }

    internal CommandFlags Flags { get; }

    internal CommandCategories Categories { get; }

    internal string Summary { get; }

    internal string Since { get; }

    internal RespHandler Execute { get; }

    /// <summary>Where its keys are.</summary>
    internal KeySpec[] Keys
    {
        get;
        init
        {
            field = value;
            FirstKey = value.Length > 0 ? value[0].First : 0;
            LastKey = value.Length == 0 ? 0 : value[^1].Last < 0 ? value[^1].Last : value[^1].First + value[^1].Last;
            KeyStep = value.Length > 0 ? value[0].Step : 0;
        }
    } = [];

    /// <summary>The argument that is the first key; 0 where none is.</summary>
    internal int FirstKey { get; private init; }

    /// <summary>The argument that is the last key; negative where it is counted from the end.</summary>
    internal int LastKey { get; private init; }

    /// <summary>From one key to the next.</summary>
    internal int KeyStep { get; private init; }

    /// <summary>What clients of a cluster do with requests and replies, in the words of COMMAND.</summary>
    internal string[] Tips { get; init; } = [];

    /// <summary>Its subcommands: the first argument says which of them is meant.</summary>
    internal CommandTable? Subcommands { get; init; }

    /// <summary>Whether a request may have so many arguments, the command's name among them.</summary>
    internal bool Takes(int arguments) => Arity >= 0 ? arguments == Arity : arguments >= -Arity;

    /// <summary>One flag at a time: whether the command has it.</summary>
    internal bool Is(CommandFlags flag) => (Flags & flag) != 0;

    private static CommandCategories Implied(CommandFlags flags)
    {
        CommandCategories implied =
            (flags & CommandFlags.Fast) != 0 ? CommandCategories.Fast : CommandCategories.Slow;
        implied |= (flags & CommandFlags.Write) != 0 ? CommandCategories.Write : 0;
        implied |= (flags & CommandFlags.ReadOnly) != 0 ? CommandCategories.Read : 0;
        implied |= (flags & CommandFlags.Admin) != 0
            ? CommandCategories.Admin | CommandCategories.Dangerous
            : CommandCategories.None;
        return implied;
    }
}
