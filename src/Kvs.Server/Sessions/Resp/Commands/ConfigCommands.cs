using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>The subcommands of CONFIG. What can be read is what clients ask for and there is; nothing can be changed
/// while the server runs.</summary>
internal static class ConfigCommands
{
    internal static RespCommand[] All { get; } =
    [
        new("config|get", -3, CommonFlags.Administration, CommandCategories.None, "Reads the configuration", "2.0.0",
            Get),
        new("config|set", -4, CommonFlags.Administration, CommandCategories.None, "Changes the configuration", "2.0.0",
            Set)
        {
            Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
        },
    ];

    private static void Get(RespSession session, scoped in RespRequest request)
    {
        var found = new List<(string Name, string Value)>();
        foreach ((string name, string value) in Read(session))
        {
            for (int i = 2; i < request.Count; i++)
            {
                string asked = Encoding.Latin1.GetString(request[i]);
                byte[] pattern = Encoding.Latin1.GetBytes(asked.ToLowerInvariant());
                if (Glob.Matches(pattern, Encoding.ASCII.GetBytes(name)))
                {
                    // A name is answered as it was asked for.
                    found.Add((asked.AsSpan().ContainsAny("*?[\\") ? name : asked, value));
                    break;
                }
            }
        }

        session.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            session.Reply.Bulk(name);
            session.Reply.Bulk(value);
        }
    }

    private static void Set(RespSession session, scoped in RespRequest request)
    {
        if (request.Count % 2 != 0)
        {
            session.Reply.Error(RespErrors.Syntax);
            return;
        }

        string name = Encoding.Latin1.GetString(request[2]);
        bool isKnown = Read(session).Any(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        session.Reply.Error(isKnown
            ? $"ERR CONFIG SET failed (possibly related to argument '{name}') - can't set immutable config"
            : $"ERR Unknown option or number of arguments for CONFIG SET - '{name}'");
    }

    private static IEnumerable<(string Name, string Value)> Read(RespSession session)
    {
        KvsServerOptions options = session.Context.Options;
        Limits limits = session.Context.Engine.Limits;
        bool isKept = session.Context.Engine.Name != "memory";
        yield return ("appendfsync", session.Context.Engine.Durability switch
        {
            Durability.Disk => "always",
            Durability.Interval => "everysec",
            _ => "no",
        });
        yield return ("appendonly", isKept ? "yes" : "no");
        yield return ("bind", session.Server.EndPoint.Address.ToString());
        yield return ("cluster-enabled", "no");
        yield return ("databases", "1");
        yield return ("maxclients", Text(options.MaxConnections));
        yield return ("maxmemory", "0");
        yield return ("maxmemory-policy", "noeviction");
        yield return ("port", Text(session.Server.EndPoint.Port));
        yield return ("proto-max-bulk-len", Text(limits.MaxValueBytes));
        yield return ("save", "");
        yield return ("timeout", "0");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
