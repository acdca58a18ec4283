using System.Net;

namespace Kvs.Server.Transport;

/// <summary>
/// What carries bytes: the seam between the server and a network. Everything above it knows connections as a pair of
/// pipes and nothing of sockets.
/// </summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>Listens, and has <paramref name="serve"/> called for each connection, which is closed when the task
    /// ends. Returns the addresses that it is listening on.</summary>
    /// <exception cref="KvsListenException">One of them cannot be had; nothing listens then.</exception>
    Task<IReadOnlyList<EndPoint>> StartAsync(Func<ITransportConnection, Task> serve, CancellationToken cancellation);

    /// <summary>Stops listening before anything else, then returns when every connection has ended.</summary>
    /// <param name="abort">When cancelled, the connections that are left are torn down.</param>
    Task StopAsync(CancellationToken abort);
}
