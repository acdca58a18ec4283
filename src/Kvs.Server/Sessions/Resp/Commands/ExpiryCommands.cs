using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>When keys expire.</summary>
internal static class ExpiryCommands
{
    private const CommandCategories OfKeys = CommandCategories.Keyspace;
    private const CommandFlags Writes = CommandFlags.Write | Fast;

    /// <summary>What is answered for a key that is not there.</summary>
    private const long NoKey = -2;

    /// <summary>What is answered for a key that does not expire.</summary>
    private const long NoExpiry = -1;

    private static readonly KeySpec Written = KeySpec.One("RW", "update");
    private static readonly KeySpec Read = KeySpec.One("RO", "access");
    private static readonly string[] Changing = ["nondeterministic_output"];

    /// <summary>What must hold of the expiry that is there for a new one to take its place.</summary>
    private enum Rule
    {
        None,
        IfNone,
        IfSome,
        IfLater,
        IfEarlier,
        IfSomeAndEarlier,
    }

    internal static RespCommand[] All { get; } =
    [
        new("expire", -3, Writes, OfKeys, "Lets a key expire in some seconds", "1.0.0",
            static (session, scoped in request) => Expire(session, request, true, true, "expire")) { Keys = [Written] },
        new("expireat", -3, Writes, OfKeys, "Lets a key expire at a second", "1.2.0",
            static (session, scoped in request) => Expire(session, request, true, false, "expireat"))
        {
            Keys = [Written],
        },
        new("pexpire", -3, Writes, OfKeys, "Lets a key expire in some milliseconds", "2.6.0",
            static (session, scoped in request) => Expire(session, request, false, true, "pexpire"))
        {
            Keys = [Written],
        },
        new("pexpireat", -3, Writes, OfKeys, "Lets a key expire at a millisecond", "2.6.0",
            static (session, scoped in request) => Expire(session, request, false, false, "pexpireat"))
        {
            Keys = [Written],
        },
        new("ttl", 2, FastRead, OfKeys, "Says in how many seconds a key expires", "1.0.0",
            static (session, scoped in request) => Answer(session, request, static moment => ToSeconds(Left(moment))))
        {
            Keys = [Read],
            Tips = Changing,
        },
        new("pttl", 2, FastRead, OfKeys, "Says in how many milliseconds a key expires", "2.6.0",
            static (session, scoped in request) => Answer(session, request, Left)) { Keys = [Read], Tips = Changing },
        new("expiretime", 2, FastRead, OfKeys, "Says at which second a key expires", "7.0.0",
            static (session, scoped in request) => Answer(session, request, ToSeconds)) { Keys = [Read] },
        new("pexpiretime", 2, FastRead, OfKeys, "Says at which millisecond a key expires", "7.0.0",
            static (session, scoped in request) => Answer(session, request, static moment => moment))
        {
            Keys = [Read],
        },
        new("persist", 2, Writes, OfKeys, "Lets a key stay for ever", "2.2.0", Persist) { Keys = [Written] },
    ];

    private static void Expire(
        RespSession session, scoped in RespRequest request, bool isSeconds, bool isRelative, string name)
    {
        if (!TryReadRule(session, request, out Rule rule))
        {
            return;
        }

        if (!RespNumber.TryParse(request[2], out long time))
        {
            session.Reply.Error(RespErrors.NotInteger);
            return;
        }

        if (!Expiry.TryMakeMoment(time, isSeconds, isRelative, out DateTimeOffset moment))
        {
            session.Reply.Error(RespErrors.InvalidExpiry(name));
            return;
        }

        while (true)
        {
            byte[]? value = session.Keys.Read(request[1], out ValueInfo info);
            bool isWanted = value is not null && Holds(rule, info, moment);
            if (!isWanted || TryExpire(session, request[1], value, info, moment))
            {
                session.Reply.Flag(isWanted);
                return;
            }
        }
    }

    private static bool TryExpire(
        RespSession session, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in ValueInfo info, DateTimeOffset moment)
    {
        // A moment that has passed removes the key: there is nothing to keep its value for.
        return moment.ToUnixTimeMilliseconds() <= RespClock.NowMs
            ? session.Keys.TryRemove(key, WriteCondition.IfVersion(info.Version)).IsDone
            : session.Keys.TryRewrite(key, value, info, moment);
    }

    private static void Persist(RespSession session, scoped in RespRequest request)
    {
        while (true)
        {
            byte[]? value = session.Keys.Read(request[1], out ValueInfo info);
            bool isWanted = value is not null && info.ExpiryMilliseconds != 0;
            if (!isWanted || session.Keys.TryRewrite(request[1], value, info, expiresAt: null))
            {
                session.Reply.Flag(isWanted);
                return;
            }
        }
    }

    private static void Answer(RespSession session, scoped in RespRequest request, Func<long, long> answer) =>
        session.Reply.Number(
            !session.Keys.TryRead(request[1], [], out ValueInfo info) ? NoKey
            : info.ExpiryMilliseconds == 0 ? NoExpiry
            : answer(info.ExpiryMilliseconds));

    private static long Left(long momentMs) => Math.Max(0, momentMs - RespClock.NowMs);

    private static long ToSeconds(long ms) => (ms + 500) / 1000;

    private static bool Holds(Rule rule, in ValueInfo info, DateTimeOffset moment)
    {
        long present = info.ExpiryMilliseconds;
        bool isSome = present != 0;
        long wanted = moment.ToUnixTimeMilliseconds();
        return rule switch
        {
            Rule.IfNone => !isSome,
            Rule.IfSome => isSome,

            // What does not expire expires later than anything.
            Rule.IfLater => isSome && wanted > present,
            Rule.IfEarlier => !isSome || wanted < present,
            Rule.IfSomeAndEarlier => isSome && wanted < present,
            _ => true,
        };
    }

    private static bool TryReadRule(RespSession session, scoped in RespRequest request, out Rule rule)
    {
        bool isNone = false;
        bool isSome = false;
        bool isLater = false;
        bool isEarlier = false;
        rule = Rule.None;
        for (int i = 3; i < request.Count; i++)
        {
            ReadOnlySpan<byte> word = request[i];
            bool isNx = Ascii.EqualsIgnoreCase(word, "nx"u8);
            bool isXx = Ascii.EqualsIgnoreCase(word, "xx"u8);
            bool isGt = Ascii.EqualsIgnoreCase(word, "gt"u8);
            bool isLt = Ascii.EqualsIgnoreCase(word, "lt"u8);
            if (!(isNx || isXx || isGt || isLt))
            {
                session.Reply.Error(Concat("ERR Unsupported option ", word));
                return false;
            }

            isNone |= isNx;
            isSome |= isXx;
            isLater |= isGt;
            isEarlier |= isLt;
        }

        if (isNone && (isSome || isLater || isEarlier))
        {
            session.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }

        if (isLater && isEarlier)
        {
            session.Reply.Error("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }

        rule = isNone ? Rule.IfNone
            : isLater ? Rule.IfLater
            : isEarlier ? (isSome ? Rule.IfSomeAndEarlier : Rule.IfEarlier)
            : isSome ? Rule.IfSome : Rule.None;
        return true;
    }

    private static string Concat(string text, ReadOnlySpan<byte> word) => text + Encoding.Latin1.GetString(word);
}
