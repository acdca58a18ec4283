using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Who the client is, what it speaks, and the end of the connection.</summary>
internal static class ConnectionCommands
{
    private const CommandCategories OfConnections = CommandCategories.Connection;

    /// <summary>The version of Redis whose replies these are.</summary>
    internal const string RedisVersion = "7.0.15";

    internal static RespCommand[] All { get; } =
    [
        new("hello", -1, Handshake, OfConnections, "Chooses the version of the protocol", "6.0.0", Hello),
        new("auth", -2, Handshake, OfConnections, "Says the password", "1.0.0", Authenticate),
        new("ping", -1, Fast, OfConnections, "Answers", "1.0.0", Ping)
        {
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
        },
        new("echo", 2, Any | Fast, OfConnections, "Answers what was said", "1.0.0", Echo),
        new("quit", -1, Handshake | NotQueued, OfConnections, "Ends the connection", "1.0.0", Quit),
        new("reset", 1, Handshake | NotQueued, OfConnections, "Makes the connection what it was at first", "6.2.0",
            Reset),
        new("select", 2, Any | Fast, OfConnections, "Chooses the database, of which there is one", "1.0.0", Select),
        new("client", -2, CommandFlags.None, CommandCategories.None, "About clients", "2.4.0", Unreachable)
        {
            Subcommands = new CommandTable(ClientCommands.All),
        },
    ];

    /// <summary>A command that has subcommands is never executed itself: it takes at least two arguments, and one of
    /// which the second is no subcommand is refused before.</summary>
    internal static void Unreachable(RespSession session, scoped in RespRequest request) =>
        throw new InvalidOperationException("A command with subcommands has been executed.");

    private static void Hello(RespSession session, scoped in RespRequest request)
    {
        int version = session.Reply.Version;
        if (request.Count > 1)
        {
            if (!RespNumber.TryParse(request[1], out long asked))
            {
                session.Reply.Error("ERR Protocol version is not an integer or out of range"u8);
                return;
            }

            if (asked is < RespProtocol.OldestVersion or > RespProtocol.NewestVersion)
            {
                session.Reply.Error("NOPROTO unsupported protocol version"u8);
                return;
            }

            version = (int)asked;
        }

        if (!TryReadHelloOptions(session, request, out int user, out int name))
        {
            return;
        }

        if (user > 0 && !IsUser(session, request[user], request[user + 1]))
        {
            session.Reply.Error(RespErrors.WrongPassword);
            return;
        }

        if (user > 0)
        {
            session.SetOpen(true);
        }

        if (!session.IsOpen)
        {
            session.Reply.Error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH " +
                "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at " +
                "the same time");
            return;
        }

        if (name > 0 && !ClientCommands.TrySetName(session, request[name]))
        {
            return;
        }

        session.Reply.Version = version;
        WriteHello(session);
    }

    private static bool TryReadHelloOptions(
        RespSession session, scoped in RespRequest request, out int user, out int name)
    {
        user = 0;
        name = 0;
        for (int i = 2; i < request.Count; i++)
        {
            int left = request.Count - 1 - i;
            if (left >= 2 && Ascii.EqualsIgnoreCase(request[i], "auth"u8))
            {
                user = i + 1;
                i += 2;
            }
            else if (left >= 1 && Ascii.EqualsIgnoreCase(request[i], "setname"u8))
            {
                name = ++i;
            }
            else
            {
                session.Reply.Error($"ERR Syntax error in HELLO option '{Encoding.Latin1.GetString(request[i])}'");
                return false;
            }
        }

        return true;
    }

    private static void WriteHello(RespSession session)
    {
        RespWriter reply = session.Reply;
        reply.Map(7);
        reply.Bulk("server"u8);
        reply.Bulk("redis"u8);
        reply.Bulk("version"u8);
        reply.Bulk(RedisVersion);
        reply.Bulk("proto"u8);
        reply.Number(reply.Version);
        reply.Bulk("id"u8);
        reply.Number(session.Client.Id);
        reply.Bulk("mode"u8);
        reply.Bulk("standalone"u8);
        reply.Bulk("role"u8);
        reply.Bulk("master"u8);
        reply.Bulk("modules"u8);
        reply.Array(0);
    }

    private static void Authenticate(RespSession session, scoped in RespRequest request)
    {
        if (request.Count > 3)
        {
            session.Reply.Error(RespErrors.Syntax);
        }
        else if (request.Count == 2 && !session.Context.Access.NeedsPassword)
        {
            session.Reply.Error(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your " +
                "configuration is correct?");
        }
        else if (IsUser(session, request.Count == 3 ? request[1] : "default"u8, request[request.Count - 1]))
        {
            session.SetOpen(true);
            session.Reply.Ok();
        }
        else
        {
            session.Reply.Error(RespErrors.WrongPassword);
        }
    }

    /// <summary>Whether a user has said the right password: there is one user, who has one or may say anything.
    /// </summary>
    private static bool IsUser(RespSession session, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        user.SequenceEqual("default"u8) && session.Context.Access.Admits(password);

    private static void Ping(RespSession session, scoped in RespRequest request)
    {
        if (request.Count > 2)
        {
            session.Reply.Error(RespErrors.WrongArity("ping"));
        }
        else if (request.Count == 2)
        {
            session.Reply.Bulk(request[1]);
        }
        else
        {
            session.Reply.Simple("PONG"u8);
        }
    }

    private static void Echo(RespSession session, scoped in RespRequest request) => session.Reply.Bulk(request[1]);

    private static void Quit(RespSession session, scoped in RespRequest request)
    {
        session.Reply.Ok();
        session.Close();
    }

    private static void Reset(RespSession session, scoped in RespRequest request)
    {
        session.Transaction.End();
        session.Client.Name = [];
        session.Reply.Version = RespProtocol.OldestVersion;
        session.SetOpen(!session.Context.Access.NeedsPassword);
        session.Reply.Simple("RESET"u8);
    }

    private static void Select(RespSession session, scoped in RespRequest request)
    {
        if (!RespNumber.TryParse(request[1], out long database))
        {
            session.Reply.Error(RespErrors.NotInteger);
        }
        else if (database is < int.MinValue or > int.MaxValue)
        {
            session.Reply.Error("ERR value is out of range, value must between -2147483648 and 2147483647"u8);
        }
        else if (database != 0)
        {
            session.Reply.Error("ERR DB index is out of range"u8);
        }
        else
        {
            session.Reply.Ok();
        }
    }
}
