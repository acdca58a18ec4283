using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Values as a whole: GET, SET and their relatives.</summary>
internal static class StringCommands
{
    private const CommandCategories OfStrings = CommandCategories.String;

    internal static RespCommand[] All { get; } =
    [
        new("get", 2, FastRead, OfStrings, "Reads a value", "1.0.0", Get) { Keys = [KeySpec.One("RO", "access")] },
        new("set", -3, CommonFlags.Write, OfStrings, "Sets a key, under conditions, up to a moment", "1.0.0", Set)
        {
            Keys =
            [
                KeySpec.One("RW", "access", "update", "variable_flags") with
                {
                    Notes = "RW and ACCESS due to the optional `GET` argument",
                },
            ],
        },
        new("setnx", 3, FastWrite, OfStrings, "Sets a key that is not there", "1.0.0", SetIfAbsent)
        {
            Keys = [KeySpec.One("OW", "insert")],
        },
        new("setex", 4, CommonFlags.Write, OfStrings, "Sets a key for some seconds", "2.0.0", SetForSeconds)
        {
            Keys = [KeySpec.One("OW", "update")],
        },
        new("psetex", 4, CommonFlags.Write, OfStrings, "Sets a key for some milliseconds", "2.6.0", SetForMs)
        {
            Keys = [KeySpec.One("OW", "update")],
        },
        new("getset", 3, FastWrite, OfStrings, "Sets a key and answers its former value", "1.0.0", GetAndSet)
        {
            Keys = [KeySpec.One("RW", "access", "update")],
        },
        new("getdel", 2, CommandFlags.Write | Fast, OfStrings, "Reads a value and removes it", "6.2.0", GetAndRemove)
        {
            Keys = [KeySpec.One("RW", "access", "delete")],
        },
        new("getex", -2, CommandFlags.Write | Fast, OfStrings, "Reads a value and changes its expiry", "6.2.0",
            GetAndExpire)
        {
            Keys = [KeySpec.One("RW", "access", "update") with { Notes = "RW and UPDATE because it changes the TTL" }],
        },
        new("strlen", 2, FastRead, OfStrings, "Reads the length of a value", "2.2.0", Length)
        {
            Keys = [KeySpec.One("RO")],
        },
    ];

    private static void Get(RespSession session, scoped in RespRequest request) => session.Values.Write(request[1]);

    private static void Set(RespSession session, scoped in RespRequest request)
    {
        if (request.Count == 3)
        {
            session.Keys.TrySet(request[1], request[2], default);
            session.Reply.Ok();
            return;
        }

        if (!SetOptions.TryParse(session, request, first: 3, SetOptions.OfSet, out SetOptions options) ||
            !options.TryReadExpiry(session, request, "set", out DateTimeOffset? expiresAt))
        {
            return;
        }

        var write = new WriteOptions
        {
            Condition = options.Condition,
            ExpiresAt = expiresAt,
            KeepsExpiry = options.KeepsExpiry,
        };
        if (options.AnswersValue)
        {
            SetAndGet(session, request, write);
        }
        else if (session.Keys.TrySet(request[1], request[2], write).IsDone)
        {
            session.Reply.Ok();
        }
        else
        {
            session.Reply.Null();
        }
    }

    private static void SetIfAbsent(RespSession session, scoped in RespRequest request) =>
        session.Reply.Flag(session.Keys.TrySet(request[1], request[2], WriteOptions.IfAbsent).IsDone);

    private static void SetForSeconds(RespSession session, scoped in RespRequest request) =>
        SetForTime(session, request, isSeconds: true, "setex");

    private static void SetForMs(RespSession session, scoped in RespRequest request) =>
        SetForTime(session, request, isSeconds: false, "psetex");

    private static void SetForTime(RespSession session, scoped in RespRequest request, bool isSeconds, string name)
    {
        if (Expiry.TryParse(session, request[2], isSeconds, isRelative: true, name, out DateTimeOffset expiresAt))
        {
            session.Keys.TrySet(request[1], request[3], new WriteOptions { ExpiresAt = expiresAt });
            session.Reply.Ok();
        }
    }

    private static void GetAndSet(RespSession session, scoped in RespRequest request) =>
        SetAndGet(session, request, write: default);

    /// <summary>Sets a key and answers what was there before, whether it was set or not.</summary>
    private static void SetAndGet(RespSession session, scoped in RespRequest request, in WriteOptions write)
    {
        while (true)
        {
            byte[]? before = session.Keys.Read(request[1], out ValueInfo info);
            bool isWanted = write.Condition == default ||
                (write.Condition == WriteCondition.IfAbsent) == (before is null);
            WriteOptions unchanged = write with { Condition = WriteCondition.IfVersion(info.Version) };
            if (isWanted && !session.Keys.TrySet(request[1], request[2], unchanged).IsDone)
            {
                continue;
            }

            session.ReplyValue(before);
            return;
        }
    }

    private static void GetAndRemove(RespSession session, scoped in RespRequest request)
    {
        byte[]? value;
        ValueInfo info;
        do
        {
            value = session.Keys.Read(request[1], out info);
        }
        while (value is not null &&
            !session.Keys.TryRemove(request[1], WriteCondition.IfVersion(info.Version)).IsDone);
        session.ReplyValue(value);
    }

    private static void GetAndExpire(RespSession session, scoped in RespRequest request)
    {
        if (!SetOptions.TryParse(session, request, first: 2, SetOptions.OfGetEx, out SetOptions options))
        {
            return;
        }

        while (true)
        {
            byte[]? value = session.Keys.Read(request[1], out ValueInfo info);
            DateTimeOffset? expiresAt = null;
            if (value is not null && !options.TryReadExpiry(session, request, "getex", out expiresAt))
            {
                return;
            }

            bool isChange = expiresAt is not null || (options.RemovesExpiry && info.ExpiryMilliseconds != 0);
            if (!isChange || session.Keys.TryRewrite(request[1], value, info, expiresAt))
            {
                session.ReplyValue(value);
                return;
            }
        }
    }

    private static void Length(RespSession session, scoped in RespRequest request)
    {
        _ = session.Keys.TryRead(request[1], [], out ValueInfo info);
        session.Reply.Number(info.Bytes);
    }
}
