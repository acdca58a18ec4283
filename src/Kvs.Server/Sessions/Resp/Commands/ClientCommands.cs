using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>The subcommands of CLIENT.</summary>
internal static class ClientCommands
{
    /// <summary>What a client says of itself is kept as long as it is connected.</summary>
    private const int MaxNameBytes = 1024;

    private const CommandCategories OfConnections = CommandCategories.Connection;

    private static readonly string[] Changing = ["nondeterministic_output"];

    internal static RespCommand[] All { get; } =
    [
        new("client|id", 2, AnyNoScript, OfConnections, "The number of this connection", "5.0.0", Id),
        new("client|getname", 2, AnyNoScript, OfConnections, "The name of this connection", "2.6.9", GetName),
        new("client|setname", 3, AnyNoScript, OfConnections, "Names this connection", "2.6.9", SetName),
        new("client|setinfo", 4, AnyNoScript, OfConnections, "Names the library of the client", "7.2.0", SetInfo),
        new("client|list", -2, Administration, OfConnections, "Describes all connections", "2.4.0", List)
        {
            Tips = Changing,
        },
        new("client|info", 2, AnyNoScript, OfConnections, "Describes this connection", "6.2.0", Info)
        {
            Tips = Changing,
        },
    ];

    /// <summary>Names the connection; false where that is no name, and the reply says so.</summary>
    internal static bool TrySetName(RespSession session, ReadOnlySpan<byte> name)
    {
        if (!IsPlain(name))
        {
            session.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters."u8);
            return false;
        }

        session.Client.Name = name.ToArray();
        return true;
    }

    private static void Id(RespSession session, scoped in RespRequest request) =>
        session.Reply.Number(session.Client.Id);

    private static void GetName(RespSession session, scoped in RespRequest request) =>
        session.ReplyValue(session.Client.Name.Length == 0 ? null : session.Client.Name);

    private static void SetName(RespSession session, scoped in RespRequest request)
    {
        if (TrySetName(session, request[2]))
        {
            session.Reply.Ok();
        }
    }

    private static void SetInfo(RespSession session, scoped in RespRequest request)
    {
        bool isName = Ascii.EqualsIgnoreCase(request[2], "lib-name"u8);
        if (!isName && !Ascii.EqualsIgnoreCase(request[2], "lib-ver"u8))
        {
            session.Reply.Error($"ERR Unrecognized option '{Encoding.Latin1.GetString(request[2])}'");
            return;
        }

        if (!IsPlain(request[3]))
        {
            string option = isName ? "lib-name" : "lib-ver";
            session.Reply.Error($"ERR {option} cannot contain spaces, newlines or special characters.");
            return;
        }

        if (isName)
        {
            session.Client.LibraryName = request[3].ToArray();
        }
        else
        {
            session.Client.LibraryVersion = request[3].ToArray();
        }

        session.Reply.Ok();
    }

    private static void List(RespSession session, scoped in RespRequest request)
    {
        if (!TryReadFilter(session, request, out HashSet<long>? ids, out bool isOther))
        {
            return;
        }

        var lines = new StringBuilder();
        foreach (RespSession other in session.Server.Sessions.Values.OrderBy(static other => other.Client.Id))
        {
            if (!isOther && (ids is null || ids.Contains(other.Client.Id)))
            {
                lines.Append(Describe(other));
            }
        }

        session.Reply.Text(lines.ToString());
    }

    private static bool TryReadFilter(
        RespSession session, scoped in RespRequest request, out HashSet<long>? ids, out bool isOther)
    {
        ids = null;
        isOther = false;
        if (request.Count == 4 && Ascii.EqualsIgnoreCase(request[2], "type"u8))
        {
            // All are of one type here.
            bool isKnown = Ascii.EqualsIgnoreCase(request[3], "normal"u8);
            isOther = !isKnown;
            string[] others = ["slave", "replica", "pubsub", "master"];
            string said = Encoding.Latin1.GetString(request[3]);
            if (isOther && !others.Contains(said, StringComparer.OrdinalIgnoreCase))
            {
                session.Reply.Error($"ERR Unknown client type '{said}'");
                return false;
            }
        }
        else if (request.Count > 3 && Ascii.EqualsIgnoreCase(request[2], "id"u8))
        {
            ids = [];
            for (int i = 3; i < request.Count; i++)
            {
                if (!RespNumber.TryParse(request[i], out long id))
                {
                    session.Reply.Error("ERR Invalid client ID"u8);
                    return false;
                }

                ids.Add(id);
            }
        }
        else if (request.Count != 2)
        {
            session.Reply.Error(RespErrors.Syntax);
            return false;
        }

        return true;
    }

    private static void Info(RespSession session, scoped in RespRequest request) =>
        session.Reply.Text(Describe(session));

    /// <summary>A connection in a line, with the fields that there are here, in Redis's order.</summary>
    private static string Describe(RespSession session)
    {
        RespClient client = session.Client;
        string flags = session.Transaction.IsOpen ? "x" : "N";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"id={client.Id} addr={client.EndPoint} laddr={session.Server.EndPoint} name={Text(client.Name)} " +
            $"age={client.AgeSeconds} idle={client.IdleSeconds} flags={flags} db=0 sub=0 psub=0 ssub=0 " +
            $"multi={session.Transaction.QueuedRequests} cmd={client.LastCommand?.Name ?? "NULL"} user=default " +
            $"resp={session.Reply.Version} lib-name={Text(client.LibraryName)} " +
            $"lib-ver={Text(client.LibraryVersion)}\n");
    }

    private static string Text(byte[] name) => Encoding.ASCII.GetString(name);

    /// <summary>Whether there is nothing in it but what one can see.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> name) =>
        name.Length <= MaxNameBytes && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
