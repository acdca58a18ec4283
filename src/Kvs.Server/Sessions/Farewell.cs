namespace Kvs.Server.Sessions;

/// <summary>Why a server ends a connection by itself.</summary>
internal enum Farewell
{
    /// <summary>There are as many connections as it takes.</summary>
    TooManyConnections,

    /// <summary>A handshake or a request was begun and not finished in time, or the client was idle for too long.
    /// </summary>
    TimedOut,

    /// <summary>The server is stopping.</summary>
    Stopping,

    /// <summary>Something failed that nobody foresaw.</summary>
    Failed,
}
