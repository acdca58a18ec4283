using System.Net;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport;

/// <summary>What the transport says to the log.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Client} did not finish the handshake of TLS")]
    internal static partial void HandshakeFailed(ILogger logger, Exception error, EndPoint? client);
}
