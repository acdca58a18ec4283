namespace Kvs.Protocol.Resp;

/// <summary>What is wrong with bytes that are no request. The connection cannot go on after it.</summary>
public enum RespProtocolError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An inline command without an end.</summary>
    LongInline,

    /// <summary>An inline command whose quotes do not match.</summary>
    UnbalancedQuotes,

    /// <summary>A number of arguments without an end.</summary>
    LongCount,

    /// <summary>A number of arguments that is none, or beyond the limit.</summary>
    InvalidCount,

    /// <summary>More arguments than a client may send that has not said who it is.</summary>
    UnauthenticatedCount,

    /// <summary>A length without an end.</summary>
    LongLength,

    /// <summary>Not a length where one was expected.</summary>
    NoLength,

    /// <summary>A length that is none, or beyond the limit.</summary>
    InvalidLength,

    /// <summary>A longer argument than a client may send that has not said who it is.</summary>
    UnauthenticatedLength,

    /// <summary>Arguments that are too long together.</summary>
    LongRequest,
}
