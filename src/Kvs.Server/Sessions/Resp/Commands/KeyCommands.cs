using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Keys, whatever their values.</summary>
internal static class KeyCommands
{
    private const CommandCategories OfKeys = CommandCategories.Keyspace;

    internal static RespCommand[] All { get; } =
    [
        new("type", 2, FastRead, OfKeys, "Says of what type a value is", "1.0.0", Type) { Keys = [KeySpec.One("RO")] },
        new("rename", 3, CommandFlags.Write, OfKeys, "Gives a value another key", "1.0.0", Rename)
        {
            Keys = [KeySpec.One("RW", "access", "delete"), new KeySpec(2, 0, 1, ["OW", "update"])],
        },
        new("renamenx", 3, CommandFlags.Write | Fast, OfKeys, "Gives a value another key that is not there", "1.0.0",
            RenameIfAbsent)
        {
            Keys = [KeySpec.One("RW", "access", "delete"), new KeySpec(2, 0, 1, ["OW", "insert"])],
        },
    ];

    private static void Type(RespSession session, scoped in RespRequest request) =>
        session.Reply.Simple(session.Keys.Contains(request[1]) ? "string"u8 : "none"u8);

    private static void Rename(RespSession session, scoped in RespRequest request) =>
        session.Transaction.ExecuteAsOne(static (session, scoped in request) =>
        {
            if (TryMove(session, request, isTargetKept: false) is not null)
            {
                session.Reply.Ok();
            }
        }, request);

    private static void RenameIfAbsent(RespSession session, scoped in RespRequest request) =>
        session.Transaction.ExecuteAsOne(static (session, scoped in request) =>
        {
            if (TryMove(session, request, isTargetKept: true) is { } isMoved)
            {
                session.Reply.Flag(isMoved);
            }
        }, request);

    /// <summary>Moves a value with its expiry; null where there is none, and the reply says so.</summary>
    private static bool? TryMove(RespSession session, scoped in RespRequest request, bool isTargetKept)
    {
        byte[]? value = session.Keys.Read(request[1], out ValueInfo info);
        if (value is null)
        {
            session.Reply.Error(RespErrors.NoSuchKey);
            return null;
        }

        if (isTargetKept && session.Keys.Contains(request[2]))
        {
            return false;
        }

        if (!request[1].SequenceEqual(request[2]))
        {
            session.Keys.TrySet(request[2], value, new WriteOptions { ExpiresAt = info.ExpiresAt });
            session.Keys.TryRemove(request[1]);
        }

        return true;
    }
}
