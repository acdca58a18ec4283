using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>What has reached the disk, and the end of the server.</summary>
internal static class PersistenceCommands
{
    private const CommandFlags Saving = CommandFlags.Admin | NoScript | NoAsyncLoading;

    internal static RespCommand[] All { get; } =
    [
        new("save", 1, Saving | NoMulti, CommandCategories.None, "Makes everything durable", "1.0.0", Save),
        new("bgsave", -1, Saving, CommandCategories.None, "Has everything made durable", "1.0.0", SaveInBackground),
        new("lastsave", 1, Any | Fast, CommandCategories.Admin | CommandCategories.Dangerous,
            "Says when everything was made durable last", "1.0.0", LastSave)
        {
            Tips = ["nondeterministic_output"],
        },
        new("waitaof", 4, NoScript, CommandCategories.Connection, "Waits until what was written is durable", "7.2.0",
            WaitForDisk)
        {
            Tips = ["request_policy:all_shards", "response_policy:agg_min"],
        },
        new("shutdown", -1, CommonFlags.Administration | NoMulti | AllowBusy, CommandCategories.None,
            "Ends the server", "1.0.0",
            ShutDown),
    ];

    private static void Save(RespSession session, scoped in RespRequest request)
    {
        session.Context.Engine.Flush();
        session.Server.NoteSave();
        session.Reply.Ok();
    }

    private static void SaveInBackground(RespSession session, scoped in RespRequest request)
    {
        bool isSchedule = request.Count == 2 && Ascii.EqualsIgnoreCase(request[1], "schedule"u8);
        if (request.Count > 1 && !isSchedule)
        {
            session.Reply.Error(RespErrors.Syntax);
            return;
        }

        session.Server.SaveInBackground();
        session.Reply.Simple("Background saving started"u8);
    }

    private static void LastSave(RespSession session, scoped in RespRequest request) =>
        session.Reply.Number(session.Server.LastSave);

    /// <summary>WAITAOF local replicas timeout: the reply is held back until a sync has covered everything, whatever
    /// the server's durability. There are no replicas.</summary>
    private static void WaitForDisk(RespSession session, scoped in RespRequest request)
    {
        if (!RespNumber.TryParse(request[1], out long local) || local is < 0 or > 1)
        {
            session.Reply.Error("ERR value is out of range, must be between 0 and 1"u8);
            return;
        }

        if (!RespNumber.TryParse(request[2], out long replicas) || replicas is < 0 or > int.MaxValue)
        {
            session.Reply.Error("ERR value is out of range, must be positive"u8);
            return;
        }

        if (!RespNumber.TryParse(request[3], out long timeout))
        {
            session.Reply.Error("ERR timeout is not an integer or out of range"u8);
            return;
        }

        if (timeout < 0)
        {
            session.Reply.Error("ERR timeout is negative"u8);
            return;
        }

        if (local > 0)
        {
            session.HoldReply();
        }

        session.Reply.Array(2);
        session.Reply.Number(local);
        session.Reply.Number(0);
    }

    private static void ShutDown(RespSession session, scoped in RespRequest request)
    {
        if (!TryReadShutdownOptions(request, out bool isAborted))
        {
            session.Reply.Error(RespErrors.Syntax);
            return;
        }

        if (isAborted)
        {
            session.Reply.Error("ERR No shutdown in progress."u8);
        }
        else if (session.Context.Options.ShutdownRequested is { } shutDown)
        {
            // Whoever asked hears of it by the end of the connection, as with Redis.
            shutDown();
            session.Close();
        }
        else
        {
            session.Reply.Error("ERR Errors trying to SHUTDOWN. Check logs."u8);
        }
    }

    /// <summary>Reads what SHUTDOWN is told, of which nothing changes what it does, unless it is to be called off.
    /// </summary>
    private static bool TryReadShutdownOptions(scoped in RespRequest request, out bool isAborted)
    {
        isAborted = false;
        bool isSaving = false;
        bool isNotSaving = false;
        for (int i = 1; i < request.Count; i++)
        {
            bool isAbort = Ascii.EqualsIgnoreCase(request[i], "abort"u8);
            bool isSave = Ascii.EqualsIgnoreCase(request[i], "save"u8);
            bool isNoSave = Ascii.EqualsIgnoreCase(request[i], "nosave"u8);
            isAborted |= isAbort;
            isSaving |= isSave;
            isNotSaving |= isNoSave;
            bool isKnown = isAbort || isSave || isNoSave || Ascii.EqualsIgnoreCase(request[i], "now"u8) ||
                Ascii.EqualsIgnoreCase(request[i], "force"u8);
            if (!isKnown || (isAborted && request.Count > 2) || (isSaving && isNotSaving))
            {
                return false;
            }
        }

        return true;
    }
}
