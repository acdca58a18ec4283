using System.Globalization;
using Kvs.Protocol;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>The subcommands of CLUSTER: a server describes itself as a cluster of one, which owns all slots. Which keys
/// of several servers belong to which is the clients' decision.</summary>
internal static class ClusterCommands
{
    /// <summary>What Redis adds to a port for the talk among servers; there is none here.</summary>
    private const int BusPort = 0;

    private const CommandCategories None = CommandCategories.None;

    private static readonly string[] Changing = ["nondeterministic_output"];

    internal static RespCommand[] All { get; } =
    [
        new("cluster|info", 2, Stale, None, "The state of the cluster", "3.0.0", Info) { Tips = Changing },
        new("cluster|myid", 2, Stale, None, "The name of this server", "3.0.0", MyId),
        new("cluster|slots", 2, Stale, None, "Which server has which slots", "3.0.0", Slots) { Tips = Changing },
        new("cluster|shards", 2, Stale, None, "Which servers have which slots", "7.0.0", Shards) { Tips = Changing },
        new("cluster|nodes", 2, Stale, None, "All servers", "3.0.0", Nodes) { Tips = Changing },
        new("cluster|keyslot", 3, Stale, None, "The slot of a key", "3.0.0", Slot),
    ];

    private static void Info(RespSession session, scoped in RespRequest request) =>
        session.Reply.Text(string.Create(CultureInfo.InvariantCulture,
            $"""
            cluster_state:ok
            cluster_slots_assigned:{KeySlot.Count}
            cluster_slots_ok:{KeySlot.Count}
            cluster_slots_pfail:0
            cluster_slots_fail:0
            cluster_known_nodes:1
            cluster_size:1
            cluster_current_epoch:0
            cluster_my_epoch:0
            cluster_stats_messages_sent:0
            cluster_stats_messages_received:0
            total_cluster_links_buffer_limit_exceeded:0

            """).ReplaceLineEndings("\r\n"));

    private static void MyId(RespSession session, scoped in RespRequest request) =>
        session.Reply.Bulk(session.Server.NodeId);

    private static void Slots(RespSession session, scoped in RespRequest request)
    {
        session.Reply.Array(1);
        session.Reply.Array(3);
        session.Reply.Number(0);
        session.Reply.Number(KeySlot.Count - 1);
        session.Reply.Array(4);
        session.Reply.Bulk(session.Server.Address);
        session.Reply.Number(session.Server.EndPoint.Port);
        session.Reply.Bulk(session.Server.NodeId);
        session.Reply.Array(0);
    }

    private static void Shards(RespSession session, scoped in RespRequest request)
    {
        RespWriter reply = session.Reply;
        reply.Array(1);
        reply.Map(2);
        reply.Bulk("slots"u8);
        reply.Array(2);
        reply.Number(0);
        reply.Number(KeySlot.Count - 1);
        reply.Bulk("nodes"u8);
        reply.Array(1);
        reply.Map(7);
        reply.Bulk("id"u8);
        reply.Bulk(session.Server.NodeId);
        reply.Bulk("port"u8);
        reply.Number(session.Server.EndPoint.Port);
        reply.Bulk("ip"u8);
        reply.Bulk(session.Server.Address);
        reply.Bulk("endpoint"u8);
        reply.Bulk(session.Server.Address);
        reply.Bulk("role"u8);
        reply.Bulk("master"u8);
        reply.Bulk("replication-offset"u8);
        reply.Number(0);
        reply.Bulk("health"u8);
        reply.Bulk("online"u8);
    }

    private static void Nodes(RespSession session, scoped in RespRequest request) =>
        session.Reply.Text(string.Create(
            CultureInfo.InvariantCulture,
            $"{session.Server.NodeId} {session.Server.Address}:{session.Server.EndPoint.Port}@{BusPort} " +
            $"myself,master - 0 0 0 connected 0-{KeySlot.Count - 1}\n"));

    private static void Slot(RespSession session, scoped in RespRequest request) =>
        session.Reply.Number(KeySlot.Of(request[2]));
}
