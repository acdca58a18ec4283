using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>COMMAND and its subcommands: the table of commands, told to clients.</summary>
internal static class CommandCommands
{
    private const CommandCategories OfConnections = CommandCategories.Connection;

    private static readonly string[] AnyOrder = ["nondeterministic_output_order"];

    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (CommandFlags.Write, "write"),
        (CommandFlags.ReadOnly, "readonly"),
        (CommandFlags.DenyOom, "denyoom"),
        (CommandFlags.Admin, "admin"),
        (CommandFlags.NoScript, "noscript"),
        (CommandFlags.Loading, "loading"),
        (CommandFlags.Stale, "stale"),
        (CommandFlags.SkipSlowLog, "skip_slowlog"),
        (CommandFlags.Fast, "fast"),
        (CommandFlags.NoAuth, "no_auth"),
        (CommandFlags.NoAsyncLoading, "no_async_loading"),
        (CommandFlags.NoMulti, "no_multi"),
        (CommandFlags.AllowBusy, "allow_busy"),
    ];

    private static readonly (CommandCategories Category, string Name)[] CategoryNames =
    [
        (CommandCategories.Keyspace, "@keyspace"),
        (CommandCategories.Read, "@read"),
        (CommandCategories.Write, "@write"),
        (CommandCategories.String, "@string"),
        (CommandCategories.Admin, "@admin"),
        (CommandCategories.Fast, "@fast"),
        (CommandCategories.Slow, "@slow"),
        (CommandCategories.Dangerous, "@dangerous"),
        (CommandCategories.Connection, "@connection"),
        (CommandCategories.Transaction, "@transaction"),
    ];

    internal static RespCommand[] All { get; } =
    [
        new("command|count", 2, Any, OfConnections, "Counts the commands", "2.8.13", Count),
        new("command|docs", -2, Any, OfConnections, "Explains commands", "7.0.0", Docs) { Tips = AnyOrder },
        new("command|info", -2, Any, OfConnections, "Describes commands", "2.8.13", Info) { Tips = AnyOrder },
        new("command|list", -2, Any, OfConnections, "Names the commands", "7.0.0", List) { Tips = AnyOrder },
        new("command|getkeys", -4, Any, OfConnections, "Finds the keys of a request", "2.8.13", GetKeys),
    ];

    /// <summary>COMMAND, and COMMAND INFO with or without names.</summary>
    internal static void Info(RespSession session, scoped in RespRequest request)
    {
        if (request.Count <= 2)
        {
            session.Reply.Array(RespCommands.Table.Commands.Count);
            foreach (RespCommand command in RespCommands.Table.Commands)
            {
                Describe(session.Reply, command);
            }

            return;
        }

        session.Reply.Array(request.Count - 2);
        for (int i = 2; i < request.Count; i++)
        {
            if (Find(request[i]) is { } command)
            {
                Describe(session.Reply, command);
            }
            else
            {
                session.Reply.Null();
            }
        }
    }

    private static void Count(RespSession session, scoped in RespRequest request) =>
        session.Reply.Number(RespCommands.Table.Commands.Count);

    private static void Docs(RespSession session, scoped in RespRequest request)
    {
        List<RespCommand> commands = [];
        for (int i = 2; i < request.Count; i++)
        {
            if (Find(request[i]) is { } command)
            {
                commands.Add(command);
            }
        }

        WriteDocs(session.Reply, request.Count == 2 ? RespCommands.Table.Commands : commands);
    }

    private static void List(RespSession session, scoped in RespRequest request)
    {
        IEnumerable<RespCommand> commands = RespCommands.Table.Commands;
        if (request.Count == 5 && Ascii.EqualsIgnoreCase(request[2], "filterby"u8))
        {
            string filter = Encoding.Latin1.GetString(request[4]);
            if (Ascii.EqualsIgnoreCase(request[3], "pattern"u8))
            {
                byte[] pattern = Encoding.Latin1.GetBytes(filter.ToLowerInvariant());
                commands = commands.Where(command => Glob.Matches(pattern, Encoding.ASCII.GetBytes(command.Name)));
            }
            else if (Ascii.EqualsIgnoreCase(request[3], "aclcat"u8))
            {
                CommandCategories wanted = CategoryNames.FirstOrDefault(named =>
                    named.Name.AsSpan(1).Equals(filter, StringComparison.OrdinalIgnoreCase)).Category;
                commands = commands.Where(command => (command.Categories & wanted) != 0);
            }
            else if (Ascii.EqualsIgnoreCase(request[3], "module"u8))
            {
                commands = [];
            }
            else
            {
                session.Reply.Error(RespErrors.Syntax);
                return;
            }
        }
        else if (request.Count != 2)
        {
            session.Reply.Error(RespErrors.Syntax);
            return;
        }

        RespCommand[] found = [.. commands];
        session.Reply.Array(found.Length);
        foreach (RespCommand command in found)
        {
            session.Reply.Bulk(command.Name);
        }
    }

    private static void GetKeys(RespSession session, scoped in RespRequest request)
    {
        RespCommand? command = RespCommands.Table.Find(request[2]);
        int count = request.Count - 2;
        if (command?.Subcommands is { } subcommands && count > 1)
        {
            command = subcommands.Find(request[3]);
        }

        if (command is null)
        {
            session.Reply.Error("ERR Invalid command specified"u8);
            return;
        }

        if (command.FirstKey == 0)
        {
            session.Reply.Error("ERR The command has no key arguments"u8);
            return;
        }

        if (!command.Takes(count))
        {
            session.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }

        int last = command.LastKey < 0 ? count + command.LastKey : command.LastKey;
        session.Reply.Array(((last - command.FirstKey) / command.KeyStep) + 1);
        for (int key = command.FirstKey; key <= last; key += command.KeyStep)
        {
            session.Reply.Bulk(request[2 + key]);
        }
    }

    /// <summary>The command of a name, which for a subcommand has that of its command before a bar.</summary>
    private static RespCommand? Find(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        return bar < 0
            ? RespCommands.Table.Find(name)
            : RespCommands.Table.Find(name[..bar])?.Subcommands?.Find(name[(bar + 1)..]);
    }

    private static void Describe(RespWriter reply, RespCommand command)
    {
        reply.Array(10);
        reply.Bulk(command.Name);
        reply.Number(command.Arity);
        WriteWords(reply, FlagNames.Where(named => command.Is(named.Flag)).Select(static named => named.Name));
        reply.Number(command.FirstKey);
        reply.Number(command.LastKey);
        reply.Number(command.KeyStep);
        WriteWords(reply, CategoryNames.Where(named => (command.Categories & named.Category) != 0)
            .Select(static named => named.Name));
        reply.Set(command.Tips.Length);
        foreach (string tip in command.Tips)
        {
            reply.Bulk(tip);
        }

        reply.Set(command.Keys.Length);
        foreach (KeySpec keys in command.Keys)
        {
            Describe(reply, keys);
        }

        IReadOnlyList<RespCommand> subcommands = command.Subcommands?.Commands ?? [];
        reply.Set(subcommands.Count);
        foreach (RespCommand subcommand in subcommands)
        {
            Describe(reply, subcommand);
        }
    }

    private static void Describe(RespWriter reply, KeySpec keys)
    {
        reply.Map(keys.Notes is null ? 3 : 4);
        if (keys.Notes is not null)
        {
            reply.Bulk("notes"u8);
            reply.Bulk(keys.Notes);
        }

        reply.Bulk("flags"u8);
        WriteWords(reply, keys.Flags);
        reply.Bulk("begin_search"u8);
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk("index"u8);
        reply.Bulk("spec"u8);
        reply.Map(1);
        reply.Bulk("index"u8);
        reply.Number(keys.First);
        reply.Bulk("find_keys"u8);
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk("range"u8);
        reply.Bulk("spec"u8);
        reply.Map(3);
        reply.Bulk("lastkey"u8);
        reply.Number(keys.Last);
        reply.Bulk("keystep"u8);
        reply.Number(keys.Step);
        reply.Bulk("limit"u8);
        reply.Number(0);
    }

    private static void WriteDocs(RespWriter reply, IReadOnlyList<RespCommand> commands)
    {
        reply.Map(commands.Count);
        foreach (RespCommand command in commands)
        {
            reply.Bulk(command.Name);
            IReadOnlyList<RespCommand> subcommands = command.Subcommands?.Commands ?? [];
            reply.Map(subcommands.Count > 0 ? 4 : 3);
            reply.Bulk("summary"u8);
            reply.Bulk(command.Summary);
            reply.Bulk("since"u8);
            reply.Bulk(command.Since);
            reply.Bulk("group"u8);
            reply.Bulk(GroupOf(command));
            if (subcommands.Count > 0)
            {
                reply.Bulk("subcommands"u8);
                WriteDocs(reply, subcommands);
            }
        }
    }

    private static string GroupOf(RespCommand command) => command.Categories switch
    {
        var categories when (categories & CommandCategories.String) != 0 => "string",
        var categories when (categories & CommandCategories.Keyspace) != 0 => "generic",
        var categories when (categories & CommandCategories.Transaction) != 0 => "transactions",
        var categories when (categories & CommandCategories.Connection) != 0 => "connection",
        _ => command.Name.StartsWith("cluster", StringComparison.Ordinal) ? "cluster" : "server",
    };

    private static void WriteWords(RespWriter reply, IEnumerable<string> words)
    {
        string[] all = [.. words];
        reply.Set(all.Length);
        foreach (string word in all)
        {
            reply.Simple(Encoding.ASCII.GetBytes(word));
        }
    }
}
