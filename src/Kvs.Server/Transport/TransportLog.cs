using System.Net;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport;

/// <summary>What the transport says to the log.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Client} did not finish the handshake of TLS")]
    internal static partial void HandshakeFailed(ILogger logger, Exception error, EndPoint? client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection was not accepted")]
    internal static partial void NotAccepted(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The connection from {Client} failed in a way that nobody foresaw")]
    internal static partial void Failed(ILogger logger, Exception error, EndPoint? client);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A poller is held up, and no thread can be started to go on in its place")]
    internal static partial void NoThread(ILogger logger, Exception error);
}
