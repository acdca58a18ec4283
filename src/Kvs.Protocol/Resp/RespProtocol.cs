using System.Globalization;

namespace Kvs.Protocol.Resp;

/// <summary>What is fixed in the Redis protocol. <c>docs/PROTOCOL.md</c> says what of it kvs serves.</summary>
public static class RespProtocol
{
    /// <summary>A carriage return and a line feed.</summary>
    public const int LineEndBytes = 2;

    /// <summary>The version that every connection begins with.</summary>
    public const int OldestVersion = 2;

    /// <summary>The version that HELLO can ask for.</summary>
    public const int NewestVersion = 3;

    /// <summary>The words of Redis for bytes that are no request.</summary>
    /// <param name="error">What is wrong.</param>
    /// <param name="wrongByte">The byte that stood in place of a length.</param>
    public static string Describe(RespProtocolError error, byte wrongByte) => "ERR Protocol error: " + error switch
    {
        RespProtocolError.LongInline => "too big inline request",
        RespProtocolError.UnbalancedQuotes => "unbalanced quotes in request",
        RespProtocolError.LongCount => "too big mbulk count string",
        RespProtocolError.InvalidCount => "invalid multibulk length",
        RespProtocolError.UnauthenticatedCount => "unauthenticated multibulk length",
        RespProtocolError.LongLength => "too big bulk count string",
        RespProtocolError.NoLength => string.Create(
            CultureInfo.InvariantCulture, $"expected '$', got '{(char)wrongByte}'"),
        RespProtocolError.InvalidLength => "invalid bulk length",
        RespProtocolError.UnauthenticatedLength => "unauthenticated bulk length",
        RespProtocolError.LongRequest => "too big request",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "not an error"),
    };
}
