using System.Net;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Connections;

/// <summary>What connections say to the log. Clients come and go and send what they like: nothing of it is worth more
/// than the level debug, and only the server's own failures are errors.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection from {Client} was lost")]
    internal static partial void Lost(ILogger logger, Exception error, EndPoint? client);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request from {Client} failed in a way that nobody foresaw")]
    internal static partial void Failed(ILogger logger, Exception error, EndPoint? client);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Client} speaks no protocol of this server")]
    internal static partial void Garbage(ILogger logger, EndPoint? client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Client} was refused: there are {Connections} connections")]
    internal static partial void Refused(ILogger logger, EndPoint? client, long connections);
}
