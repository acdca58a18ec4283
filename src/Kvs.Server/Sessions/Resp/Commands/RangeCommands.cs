using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Parts of values.</summary>
internal static class RangeCommands
{
    private const CommandCategories OfStrings = CommandCategories.String;

    internal static RespCommand[] All { get; } =
    [
        new("append", 3, FastWrite, OfStrings, "Adds to the end of a value", "2.0.0", Append)
        {
            Keys = [KeySpec.One("RW", "insert")],
        },
        new("getrange", 4, ReadOnly, OfStrings, "Reads a part of a value", "2.4.0", GetRange)
        {
            Keys = [KeySpec.One("RO", "access")],
        },
        new("setrange", 4, CommonFlags.Write, OfStrings, "Writes over a part of a value", "2.2.0", SetRange)
        {
            Keys = [KeySpec.One("RW", "update")],
        },
    ];

    private static void Append(RespSession session, scoped in RespRequest request)
    {
        while (true)
        {
            byte[] value = session.Keys.Read(request[1], out ValueInfo info) ?? [];
            if (!CheckLength(session, (long)value.Length + request[2].Length))
            {
                return;
            }

            if (session.Keys.TryRewrite(request[1], [.. value, .. request[2]], info, info.ExpiresAt))
            {
                session.Reply.Number(value.Length + request[2].Length);
                return;
            }
        }
    }

    private static void GetRange(RespSession session, scoped in RespRequest request)
    {
        if (!RespNumber.TryParse(request[2], out long start) || !RespNumber.TryParse(request[3], out long end))
        {
            session.Reply.Error(RespErrors.NotInteger);
            return;
        }

        ReadOnlySpan<byte> value = session.Keys.Read(request[1], out _);

        // Negative places are counted from the end, and those beyond either end mean the end.
        bool isReversed = start < 0 && end < 0 && start > end;
        start = Math.Max(0, start < 0 ? start + value.Length : start);
        end = Math.Min(value.Length - 1, Math.Max(0, end < 0 ? end + value.Length : end));
        session.Reply.Bulk(isReversed || start > end ? default : value[(int)start..(int)(end + 1)]);
    }

    private static void SetRange(RespSession session, scoped in RespRequest request)
    {
        if (!RespNumber.TryParse(request[2], out long offset))
        {
            session.Reply.Error(RespErrors.NotInteger);
            return;
        }

        if (offset < 0)
        {
            session.Reply.Error("ERR offset is out of range"u8);
            return;
        }

        ReadOnlySpan<byte> part = request[3];
        while (true)
        {
            byte[] value = session.Keys.Read(request[1], out ValueInfo info) ?? [];
            if (part.IsEmpty)
            {
                session.Reply.Number(value.Length);
                return;
            }

            if (!CheckLength(session, Math.Min(offset, int.MaxValue) + part.Length))
            {
                return;
            }

            byte[] changed = new byte[Math.Max(value.Length, (int)offset + part.Length)];
            value.CopyTo(changed, 0);
            part.CopyTo(changed.AsSpan((int)offset));
            if (session.Keys.TryRewrite(request[1], changed, info, info.ExpiresAt))
            {
                session.Reply.Number(changed.Length);
                return;
            }
        }
    }

    /// <summary>False, and the reply says so, where a value would be too long: nothing is made of it then.</summary>
    private static bool CheckLength(RespSession session, long valueBytes)
    {
        bool isAllowed = valueBytes <= session.Context.Engine.Limits.MaxValueBytes;
        if (!isAllowed)
        {
            session.Reply.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8);
        }

        return isAllowed;
    }
}
