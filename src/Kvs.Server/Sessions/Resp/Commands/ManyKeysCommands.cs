using Kvs.Protocol.Resp;
using static Kvs.Server.Sessions.Resp.CommandFlags;
using static Kvs.Server.Sessions.Resp.Commands.CommonFlags;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Commands on any number of keys.</summary>
internal static class ManyKeysCommands
{
    /// <summary>So many keys are brought near at a time.</summary>
    private const int KeysUnderWay = 32;

    private const CommandCategories OfStrings = CommandCategories.String;
    private const CommandCategories OfKeys = CommandCategories.Keyspace;

    private static readonly string[] Split = ["request_policy:multi_shard"];
    private static readonly string[] SplitAndAll = [.. Split, "response_policy:all_succeeded"];
    private static readonly string[] SplitAndSum = [.. Split, "response_policy:agg_sum"];

    internal static RespCommand[] All { get; } =
    [
        new("mget", -2, FastRead, OfStrings, "Reads several values", "1.0.0", GetMany)
        {
            Keys = [KeySpec.All("RO", "access")],
            Tips = Split,
        },
        new("mset", -3, CommonFlags.Write, OfStrings, "Sets several keys as one", "1.0.1", SetMany)
        {
            Keys = [KeySpec.Pairs("OW", "update")],
            Tips = SplitAndAll,
        },
        new("msetnx", -3, CommonFlags.Write, OfStrings, "Sets several keys, or none where one is there", "1.0.1",
            SetManyIfAbsent)
        {
            Keys = [KeySpec.Pairs("OW", "insert")],
            Tips = [.. Split, "response_policy:agg_min"],
        },
        new("del", -2, CommandFlags.Write, OfKeys, "Removes keys", "1.0.0", Remove)
        {
            Keys = [KeySpec.All("RM", "delete")],
            Tips = SplitAndSum,
        },
        new("unlink", -2, CommandFlags.Write | Fast, OfKeys, "Removes keys", "4.0.0", Remove)
        {
            Keys = [KeySpec.All("RM", "delete")],
            Tips = SplitAndSum,
        },
        new("exists", -2, FastRead, OfKeys, "Counts the keys that are there", "1.0.0", Count)
        {
            Keys = [KeySpec.All("RO")],
            Tips = SplitAndSum,
        },
        new("touch", -2, FastRead, OfKeys, "Counts the keys that are there", "3.2.1", Count)
        {
            Keys = [KeySpec.All("RO")],
            Tips = SplitAndSum,
        },
    ];

    private static void GetMany(RespSession session, scoped in RespRequest request)
    {
        session.Reply.Array(request.Count - 1);
        for (int i = 1; i < request.Count; i++)
        {
            Prefetch(session, request, i);
            try
            {
                session.Values.Write(request[i]);
            }
            catch (KvsDamageException error)
            {
                // The array has begun, and the other values are sound.
                session.Reply.Error(RespSession.Describe(error));
            }
        }
    }

    private static void SetMany(RespSession session, scoped in RespRequest request)
    {
        if (CheckPairs(session, request, "mset"))
        {
            session.Keys.SetAll(request);
            session.Reply.Ok();
        }
    }

    private static void SetManyIfAbsent(RespSession session, scoped in RespRequest request)
    {
        if (CheckPairs(session, request, "msetnx"))
        {
            session.Transaction.ExecuteAsOne(SetAllOrNone, request);
        }
    }

    private static void SetAllOrNone(RespSession session, scoped in RespRequest request)
    {
        bool areAbsent = true;
        for (int i = 1; i < request.Count && areAbsent; i += 2)
        {
            areAbsent = !session.Keys.Contains(request[i]);
        }

        if (areAbsent)
        {
            session.Keys.SetAll(request);
        }

        session.Reply.Flag(areAbsent);
    }

    private static bool CheckPairs(RespSession session, scoped in RespRequest request, string command)
    {
        bool arePairs = request.Count % 2 == 1;
        if (!arePairs)
        {
            session.Reply.Error(RespErrors.WrongArity(command));
        }

        return arePairs;
    }

    private static void Remove(RespSession session, scoped in RespRequest request)
    {
        if (request.Count == 2)
        {
            session.Reply.Flag(session.Keys.TryRemove(request[1]).IsDone);
        }
        else
        {
            session.Transaction.ExecuteAsOne(RemoveAll, request);
        }
    }

    private static void RemoveAll(RespSession session, scoped in RespRequest request)
    {
        int removed = 0;
        for (int i = 1; i < request.Count; i++)
        {
            removed += session.Keys.TryRemove(request[i]).IsDone ? 1 : 0;
        }

        session.Reply.Number(removed);
    }

    private static void Count(RespSession session, scoped in RespRequest request)
    {
        int count = 0;
        for (int i = 1; i < request.Count; i++)
        {
            Prefetch(session, request, i);
            count += session.Keys.Contains(request[i]) ? 1 : 0;
        }

        session.Reply.Number(count);
    }

    /// <summary>Brings the next keys near when the first of them has its turn.</summary>
    private static void Prefetch(RespSession session, scoped in RespRequest request, int index)
    {
        if ((index - 1) % KeysUnderWay == 0)
        {
            int end = Math.Min(request.Count, index + KeysUnderWay);
            session.Keys.Prefetch(request.Bytes, request.Arguments[index..end]);
        }
    }
}
