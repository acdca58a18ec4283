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
}
