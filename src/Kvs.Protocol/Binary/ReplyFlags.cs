namespace Kvs.Protocol.Binary;

/// <summary>Bits in a reply's header.</summary>
[Flags]
public enum ReplyFlags : ushort
{
    /// <summary>Nothing to say.</summary>
    None = 0,

    /// <summary>The last reply of this connection. A request that was not answered before it was not executed; after
    /// <see cref="ReplyStatus.InternalError"/>, the first of them may have been.</summary>
    Last = 1,

    /// <summary>More replies to the same request follow: the request's answer is long.</summary>
    More = 2,

    /// <summary>The body is a list of results of a batch, as many as fit, in the order of its operations.</summary>
    Results = 4,
}
