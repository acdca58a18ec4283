using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Values that are numbers.</summary>
internal static class NumberCommands
{
    private const CommandCategories OfStrings = CommandCategories.String;

    private static readonly KeySpec Key = KeySpec.One("RW", "access", "update");

    internal static RespCommand[] All { get; } =
    [
        new("incr", 2, FastWrite, OfStrings, "Adds 1 to a number", "1.0.0", Increment) { Keys = [Key] },
        new("decr", 2, FastWrite, OfStrings, "Subtracts 1 from a number", "1.0.0", Decrement) { Keys = [Key] },
        new("incrby", 3, FastWrite, OfStrings, "Adds to a number", "1.0.0", IncrementBy) { Keys = [Key] },
        new("decrby", 3, FastWrite, OfStrings, "Subtracts from a number", "1.0.0", DecrementBy) { Keys = [Key] },
        new("incrbyfloat", 3, FastWrite, OfStrings, "Adds to a number with a fraction", "2.6.0", IncrementByFraction)
        {
            Keys = [Key],
        },
    ];

    private static void Increment(RespSession session, scoped in RespRequest request) => Add(session, request[1], 1);

    private static void Decrement(RespSession session, scoped in RespRequest request) => Add(session, request[1], -1);

    private static void IncrementBy(RespSession session, scoped in RespRequest request)
    {
        if (RespNumber.TryParse(request[2], out long delta))
        {
            Add(session, request[1], delta);
        }
        else
        {
            session.Reply.Error(RespErrors.NotInteger);
        }
    }

    private static void DecrementBy(RespSession session, scoped in RespRequest request)
    {
        if (!RespNumber.TryParse(request[2], out long delta))
        {
            session.Reply.Error(RespErrors.NotInteger);
        }
        else if (delta == long.MinValue)
        {
            session.Reply.Error("ERR decrement would overflow"u8);
        }
        else
        {
            Add(session, request[1], -delta);
        }
    }

    private static void Add(RespSession session, ReadOnlySpan<byte> key, long delta)
    {
        try
        {
            session.Reply.Number(session.Keys.Increment(key, delta));
        }
        catch (FormatException)
        {
            session.Reply.Error(RespErrors.NotInteger);
        }
        catch (OverflowException)
        {
            session.Reply.Error(RespErrors.Overflow);
        }
    }

    private static void IncrementByFraction(RespSession session, scoped in RespRequest request)
    {
        while (true)
        {
            byte[]? value = session.Keys.Read(request[1], out ValueInfo info);
            ExtendedFloat present = ExtendedFloat.Zero;
            if ((value is not null && !ExtendedFloat.TryParse(value, out present)) ||
                !ExtendedFloat.TryParse(request[2], out ExtendedFloat delta))
            {
                session.Reply.Error(RespErrors.NotFloat);
                return;
            }

            if (!ExtendedFloat.TryAdd(present, delta, out ExtendedFloat sum))
            {
                session.Reply.Error("ERR increment would produce NaN or Infinity"u8);
                return;
            }

            byte[] text = sum.Format();
            if (session.Keys.TryRewrite(request[1], text, info, info.ExpiresAt))
            {
                session.Reply.Bulk(text);
                return;
            }
        }
    }
}
