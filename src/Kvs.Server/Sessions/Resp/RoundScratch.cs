using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// Memory for the requests of one round. A thread's and not a connection's: a round ends on the thread that it began
/// on, and connections are many and mostly idle.
/// </summary>
internal sealed class RoundScratch
{
    /// <summary>So many keys of a batch are brought near ahead of its execution, at most.</summary>
    internal const int MaxKeys = 2 * RequestBatch.MaxRequests;

    [ThreadStatic]
    private static RoundScratch? t_ofThread;

    private RoundScratch()
    {
    }

    /// <summary>The memory of the thread that asks.</summary>
    internal static RoundScratch OfThread => t_ofThread ??= new RoundScratch();

    internal RequestBatch Batch { get; } = new();

    /// <summary>The command of each request; null where there is none of its name.</summary>
    internal RespCommand?[] Commands { get; } = new RespCommand?[RequestBatch.MaxRequests];

    internal KeyRange[] Keys { get; } = new KeyRange[MaxKeys];
}
