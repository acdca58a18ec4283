namespace Kvs.Server.Connections;

/// <summary>A reply is longer than what is kept for a client: the connection ends.</summary>
internal sealed class ReplyTooLongException(long maxBytes)
    : IOException($"A reply is longer than {maxBytes} bytes.");
