namespace Kvs.Protocol.Binary;

/// <summary>How a request ended: the second byte of its reply's header. A number, once given, keeps its meaning.
/// Below <see cref="BinaryProtocol.FirstErrorStatus"/> the operation was done; from there on it is an error, whose
/// body is a message in UTF-8.</summary>
public enum ReplyStatus : byte
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>Done; the key was not there.</summary>
    NotFound = 1,

    /// <summary>Nothing was written: the condition did not hold. Says the version that stood in the way, 0 for a key
    /// that is not there.</summary>
    ConditionFailed = 2,

    /// <summary>In a batch: done, and something was written.</summary>
    Written = 3,

    /// <summary>The frame is not of this protocol. The connection closes: nobody knows where the next one begins.
    /// </summary>
    BrokenFrame = 16,

    /// <summary>The frame is longer than the server takes. The connection closes: nothing of it was read.</summary>
    FrameTooLong = 17,

    /// <summary>No version is spoken by both sides. The connection closes.</summary>
    UnsupportedVersion = 18,

    /// <summary>The first request was not the handshake, or a later one was. The connection closes.</summary>
    HandshakeExpected = 19,

    /// <summary>The server has as many connections as it takes. The connection closes.</summary>
    TooManyConnections = 20,

    /// <summary>A handshake or a frame was begun and not finished in time. The connection closes.</summary>
    TimedOut = 21,

    /// <summary>The server is stopping. Every request that it read has been answered before; the connection closes.
    /// </summary>
    Stopping = 22,

    /// <summary>The password is not the server's, or one is needed and none was given. The connection closes.
    /// </summary>
    AccessDenied = 23,

    /// <summary>The operation is none that this server knows. Nothing was done.</summary>
    UnknownOperation = 32,

    /// <summary>The request carries a flag that this server does not know. Nothing was done.</summary>
    UnknownFlag = 33,

    /// <summary>The body is not what the operation asks for. Nothing was done.</summary>
    MalformedBody = 34,

    /// <summary>A key or value is empty or too long. Nothing was stored.</summary>
    LimitExceeded = 35,

    /// <summary>What is stored under the key is not a whole number of 64 bits. It was not changed.</summary>
    NotANumber = 36,

    /// <summary>The sum is not a whole number of 64 bits. Nothing was changed.</summary>
    SumTooLarge = 37,

    /// <summary>The write was not made, or not made durable; it may be tried again.</summary>
    WriteFailed = 48,

    /// <summary>As <see cref="WriteFailed"/>, and the store takes no further writes until it is opened
    /// again.</summary>
    WritesStopped = 49,

    /// <summary>What is stored fails its checksum.</summary>
    Damaged = 50,

    /// <summary>The server failed in a way that it did not foresee. The connection closes.</summary>
    InternalError = 63,
}
