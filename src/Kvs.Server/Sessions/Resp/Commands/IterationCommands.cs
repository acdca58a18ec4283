using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>All keys.</summary>
internal static class IterationCommands
{
    /// <summary>KEYS gathers what it finds before it answers: not more than this.</summary>
    private const long MaxKeysBytes = 256 * 1024 * 1024;

    /// <summary>What a key that was found takes in memory beside its bytes.</summary>
    private const int BytesBesideKey = 40;

    private const CommandCategories OfKeys = CommandCategories.Keyspace;
    private const int UsualCount = 10;

    /// <summary>A page of SCAN looks at so many keys, at most, whatever COUNT says.</summary>
    private const int MaxCount = 100_000;

    /// <summary>How many keys are looked at at a time where all are.</summary>
    private const int KeysOfPage = 1000;

    private static readonly string[] Everywhere = ["request_policy:all_shards"];
    private static readonly string[] EverywhereAndAll = [.. Everywhere, "response_policy:all_succeeded"];

    internal static RespCommand[] All { get; } =
    [
        new("scan", -2, ReadOnly, OfKeys, "Reads a page of keys", "2.8.0", Scan)
        {
            Tips = ["nondeterministic_output", "request_policy:special"],
        },
        new("keys", 2, ReadOnly, OfKeys | CommandCategories.Dangerous, "Reads all keys that match a pattern", "1.0.0",
            Keys)
        {
            Tips = [.. Everywhere, "nondeterministic_output_order"],
        },
        new("randomkey", 1, ReadOnly, OfKeys, "Names any key", "1.0.0", AnyKey)
        {
            Tips = [.. Everywhere, "nondeterministic_output"],
        },
        new("dbsize", 1, CommonFlags.FastRead, OfKeys, "Counts all keys", "1.0.0", Count)
        {
            Tips = [.. Everywhere, "response_policy:agg_sum"],
        },
        new("flushdb", -1, Write, OfKeys | CommandCategories.Dangerous, "Removes all keys", "1.0.0", Flush)
        {
            Tips = EverywhereAndAll,
        },
        new("flushall", -1, Write, OfKeys | CommandCategories.Dangerous, "Removes all keys", "1.0.0", Flush)
        {
            Tips = EverywhereAndAll,
        },
    ];

    private static void Scan(RespSession session, scoped in RespRequest request)
    {
        if (!TryParseCursor(request[1], out ulong cursor))
        {
            session.Reply.Error("ERR invalid cursor"u8);
            return;
        }

        long count = UsualCount;
        ReadOnlySpan<byte> pattern = "*"u8;
        bool isOfType = true;
        for (int i = 2; i < request.Count; i += 2)
        {
            bool isSound = i + 1 < request.Count;
            if (isSound && Ascii.EqualsIgnoreCase(request[i], "count"u8))
            {
                if (!RespNumber.TryParse(request[i + 1], out count))
                {
                    session.Reply.Error(RespErrors.NotInteger);
                    return;
                }

                isSound = count >= 1;
            }
            else if (isSound && Ascii.EqualsIgnoreCase(request[i], "match"u8))
            {
                pattern = request[i + 1];
            }
            else if (isSound && Ascii.EqualsIgnoreCase(request[i], "type"u8))
            {
                isOfType = Ascii.EqualsIgnoreCase(request[i + 1], "string"u8);
            }
            else
            {
                isSound = false;
            }

            if (!isSound)
            {
                session.Reply.Error(RespErrors.Syntax);
                return;
            }
        }

        if (Glob.IsTooLong(pattern))
        {
            session.Reply.Error(RespErrors.PatternTooLong);
            return;
        }

        ScanPage page = ScanCursor.ReadPage(
            session.Keys.ScanKeys, cursor, (int)Math.Min(count, MaxCount), Glob.PrefixOf(pattern));
        List<ReadOnlyMemory<byte>> keys = [];
        AddMatches(page, pattern, keys);
        session.Reply.Array(2);
        WriteCursor(session, page.NextCursor);
        WriteKeys(session, isOfType ? keys : []);
    }

    private static void Keys(RespSession session, scoped in RespRequest request)
    {
        if (Glob.IsTooLong(request[1]))
        {
            session.Reply.Error(RespErrors.PatternTooLong);
            return;
        }

        List<ReadOnlyMemory<byte>> keys = [];
        long bytes = 0;
        ulong cursor = 0;
        do
        {
            ScanPage page = session.Keys.ScanKeys(cursor, KeysOfPage, Glob.PrefixOf(request[1]));
            int before = keys.Count;
            AddMatches(page, request[1], keys);
            for (int i = before; i < keys.Count; i++)
            {
                bytes += keys[i].Length + BytesBesideKey;
            }

            if (bytes > MaxKeysBytes)
            {
                session.Reply.Error("ERR There are too many keys for one reply: use SCAN"u8);
                return;
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
        WriteKeys(session, keys);
    }

    private static void AnyKey(RespSession session, scoped in RespRequest request)
    {
        // From a place that nobody knows; where nothing comes behind it, from the beginning.
        ulong cursor = (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);
        bool isFromBegin = false;
        while (true)
        {
            ScanPage page = session.Keys.ScanKeys(cursor, maxEntries: 1, prefix: default);
            if (page.Entries.Count > 0)
            {
                session.Reply.Bulk(page.Entries[0].Key.Span);
                return;
            }

            if (page.NextCursor == 0 && isFromBegin)
            {
                session.Reply.Null();
                return;
            }

            isFromBegin |= page.NextCursor == 0;
            cursor = page.NextCursor;
        }
    }

    private static void Count(RespSession session, scoped in RespRequest request) =>
        session.Reply.Number(session.Keys.Count());

    private static void Flush(RespSession session, scoped in RespRequest request)
    {
        // Both ways are the same here: keys go one after the other, and their space is given back in the background.
        bool isKnown = request.Count == 1 || (request.Count == 2 &&
            (Ascii.EqualsIgnoreCase(request[1], "async"u8) || Ascii.EqualsIgnoreCase(request[1], "sync"u8)));
        if (!isKnown)
        {
            session.Reply.Error(RespErrors.Syntax);
            return;
        }

        session.Keys.RemoveAll();
        session.Reply.Ok();
    }

    private static void AddMatches(ScanPage page, ReadOnlySpan<byte> pattern, List<ReadOnlyMemory<byte>> keys)
    {
        foreach (KvsEntry entry in page.Entries)
        {
            if (Glob.Matches(pattern, entry.Key.Span))
            {
                keys.Add(entry.Key);
            }
        }
    }

    private static void WriteKeys(RespSession session, List<ReadOnlyMemory<byte>> keys)
    {
        session.Reply.Array(keys.Count);
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            session.Reply.Bulk(key.Span);
        }
    }

    private static void WriteCursor(RespSession session, ulong cursor)
    {
        Span<byte> text = stackalloc byte[RespNumber.MaxBytes];
        _ = cursor.TryFormat(text, out int bytes);
        session.Reply.Bulk(text[..bytes]);
    }

    /// <summary>Reads a cursor as C reads an unsigned number: nothing is 0, and a negative one counts from the end.
    /// </summary>
    private static bool TryParseCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        bool isNegative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = isNegative || text.StartsWith("+"u8) ? text[1..] : text;
        bool isSound = text.IsEmpty || ulong.TryParse(digits, NumberStyles.None, null, out cursor);
        cursor = isNegative ? 0 - cursor : cursor;
        return isSound;
    }
}
