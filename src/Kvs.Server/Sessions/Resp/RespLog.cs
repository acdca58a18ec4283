using Microsoft.Extensions.Logging;

namespace Kvs.Server.Sessions.Resp;

/// <summary>What the Redis protocol says to the log.</summary>
internal static partial class RespLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "BGSAVE could not make everything durable")]
    internal static partial void SaveFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A client sent a request for a web server; it was not answered")]
    internal static partial void CrossProtocol(ILogger logger);
}
