using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Several requests as one.</summary>
internal static class TransactionCommands
{
    private const CommandCategories OfTransactions = CommandCategories.Transaction;

    internal static RespCommand[] All { get; } =
    [
        new("multi", 1, FastNoScript | CommandFlags.NotQueued, OfTransactions, "Begins a transaction", "1.2.0", Begin),
        new("exec", 1, AnyNoScript | CommandFlags.SkipSlowLog | CommandFlags.NotQueued, OfTransactions,
            "Executes a transaction", "1.2.0",
            Execute),
        new("discard", 1, FastNoScript | CommandFlags.NotQueued, OfTransactions, "Gives a transaction up", "2.0.0",
            Discard),
        new("watch", -2, FastNoScript | CommandFlags.NotQueued, OfTransactions,
            "Lets EXEC do nothing once keys have changed",
            "2.2.0", Watch)
        {
            Keys = [KeySpec.All("RO")],
        },
        new("unwatch", 1, FastNoScript, OfTransactions, "Forgets the watched keys", "2.2.0", Unwatch),
    ];

    private static void Begin(RespSession session, scoped in RespRequest request)
    {
        if (session.Transaction.IsOpen)
        {
            session.Reply.Error("ERR MULTI calls can not be nested"u8);
            return;
        }

        session.Transaction.Begin();
        session.Reply.Ok();
    }

    private static void Execute(RespSession session, scoped in RespRequest request)
    {
        if (session.Transaction.IsOpen)
        {
            session.Transaction.Execute();
        }
        else
        {
            session.Reply.Error("ERR EXEC without MULTI"u8);
        }
    }

    private static void Discard(RespSession session, scoped in RespRequest request)
    {
        if (!session.Transaction.IsOpen)
        {
            session.Reply.Error("ERR DISCARD without MULTI"u8);
            return;
        }

        session.Transaction.End();
        session.Reply.Ok();
    }

    private static void Watch(RespSession session, scoped in RespRequest request)
    {
        if (session.Transaction.IsOpen)
        {
            session.Reply.Error("ERR WATCH inside MULTI is not allowed"u8);
            return;
        }

        for (int i = 1; i < request.Count; i++)
        {
            if (!session.Transaction.TryWatch(request[i]))
            {
                session.Transaction.End();
                session.Reply.Error("ERR Too many keys are watched"u8);
                session.Close();
                return;
            }
        }

        session.Reply.Ok();
    }

    private static void Unwatch(RespSession session, scoped in RespRequest request)
    {
        session.Transaction.Unwatch();
        session.Reply.Ok();
    }
}
