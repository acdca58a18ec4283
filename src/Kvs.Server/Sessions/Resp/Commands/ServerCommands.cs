using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>The server itself.</summary>
internal static class ServerCommands
{
    /// <summary>What the index and the log hold of a key beside its bytes, about.</summary>
    private const int BytesBesideEntry = 48;

    private static readonly string[] Changing = ["nondeterministic_output"];

    internal static RespCommand[] All { get; } =
    [
        new("command", -1, Any, CommandCategories.Connection, "Describes all commands", "2.8.13", CommandCommands.Info)
        {
            Subcommands = new CommandTable(CommandCommands.All),
            Tips = ["nondeterministic_output_order"],
        },
        new("config", -2, CommandFlags.None, CommandCategories.None, "About the configuration", "2.0.0",
            ConnectionCommands.Unreachable)
        {
            Subcommands = new CommandTable(ConfigCommands.All),
        },
        new("info", -1, Any, CommandCategories.Dangerous, "Figures about the server", "1.0.0", InfoCommand.Info)
        {
            Tips = [.. Changing, "request_policy:all_shards", "response_policy:special"],
        },
        new("time", 1, Any | Fast, CommandCategories.None, "The server's time", "2.6.0", Time) { Tips = Changing },
        new("memory", -2, CommandFlags.None, CommandCategories.None, "About memory", "4.0.0",
            ConnectionCommands.Unreachable)
        {
            Subcommands = new CommandTable(
                new RespCommand("memory|usage", -3, ReadOnly, CommandCategories.None, "What a key takes", "4.0.0",
                    Usage)
                {
                    Keys = [new KeySpec(2, 0, 1, ["RO"])],
                }),
        },
        new("cluster", -2, CommandFlags.None, CommandCategories.None, "About slots and servers", "3.0.0",
            ConnectionCommands.Unreachable)
        {
            Subcommands = new CommandTable(ClusterCommands.All),
        },
    ];

    private static void Time(RespSession session, scoped in RespRequest request)
    {
        const long MicrosecondsPerSecond = 1_000_000;
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        session.Reply.Array(2);
        session.Reply.BulkNumber(now / MicrosecondsPerSecond);
        session.Reply.BulkNumber(now % MicrosecondsPerSecond);
    }

    private static void Usage(RespSession session, scoped in RespRequest request)
    {
        for (int i = 3; i < request.Count; i += 2)
        {
            // How many parts of a value are looked at: a string has one.
            if (!Ascii.EqualsIgnoreCase(request[i], "samples"u8) || i + 1 >= request.Count)
            {
                session.Reply.Error(RespErrors.Syntax);
                return;
            }

            if (!RespNumber.TryParse(request[i + 1], out long samples))
            {
                session.Reply.Error(RespErrors.NotInteger);
                return;
            }

            if (samples < 0)
            {
                session.Reply.Error(RespErrors.Syntax);
                return;
            }
        }

        if (session.Keys.TryRead(request[2], [], out ValueInfo info))
        {
            session.Reply.Number((long)request[2].Length + info.Bytes + BytesBesideEntry);
        }
        else
        {
            session.Reply.Null();
        }
    }
}
