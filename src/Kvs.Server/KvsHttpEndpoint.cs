using System.Net;
using Kvs.Server.Http;
using Kvs.Server.Monitoring;
using Kvs.Server.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Kvs.Server;

/// <summary>
/// Shows over HTTP how a server is: <c>/metrics</c> for Prometheus, <c>/healthz</c>, <c>/readyz</c>, and a page with
/// live plots. Started before the store is opened, so that who watches a long recovery sees that the process lives.
/// </summary>
/// <remarks>Any thread may call any member. Nothing can be changed through it, and nobody is asked for a password: what
/// it shows are figures, the folder's name and the addresses; no key and no value.</remarks>
public sealed class KvsHttpEndpoint : IAsyncDisposable
{
    /// <summary>More than people and programs that watch one server; a bound on what anybody can take.</summary>
    private const int MaxConnections = 64;

    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _server;
    private readonly ServerState _state;
    private readonly MeterReader _meter;

    private KvsHttpEndpoint(KestrelServer server, ServerState state, MeterReader meter, IPEndPoint endPoint)
    {
        _server = server;
        _state = state;
        _meter = meter;
        EndPoint = endPoint;
    }

    /// <summary>Where it is listening: the real port where a free one was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts to answer. Until <see cref="Serving"/> is called, the server is not ready.</summary>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="about">What the page says of the server beside figures, as names and values.</param>
    /// <param name="insecure">Whether other machines may look.</param>
    /// <param name="loggers">Where logs go; nowhere when null.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="KvsListenException">The address cannot be listened on, or must not.</exception>
    public static async Task<KvsHttpEndpoint> StartAsync(
        IPEndPoint endPoint,
        IReadOnlyDictionary<string, string> about,
        bool insecure = false,
        ILoggerFactory? loggers = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (Listening.IsOpen(endPoint) && !insecure)
        {
            throw new KvsListenException(endPoint,
                "other machines could look at the figures, which nobody is asked a password for. Listen on " +
                "127.0.0.1, or say that it is meant so (--insecure)");
        }

        loggers ??= NullLoggerFactory.Instance;
        ListenOptions? listening = null;
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = MaxConnections;
        options.Limits.MaxRequestBodySize = 0;
        options.Listen(endPoint, listen =>
        {
            listening = listen;
            listen.Protocols = HttpProtocols.Http1;
        });
        var sockets = new SocketTransportOptions { CreateBoundListenSocket = Listening.Bind };
        var server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(sockets), loggers), loggers);
        var state = new ServerState();
        var meter = new MeterReader();
        try
        {
            await server.StartAsync(new StatusApplication(state, meter, about), cancellation).ConfigureAwait(false);
        }
        catch
        {
            meter.Dispose();
            server.Dispose();
            throw;
        }

        return new KvsHttpEndpoint(server, state, meter, listening!.IPEndPoint!);
    }

    /// <summary>The server takes connections: it is ready as long as the engine takes writes.</summary>
    public void Serving(IKvsEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _state.Serving(engine);
    }

    /// <summary>The server is about to end; the engine is not asked any more.</summary>
    public void Stopping() => _state.Stopping();

    /// <summary>Stops to answer.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(s_drainTime);
        await _server.StopAsync(limit.Token).ConfigureAwait(false);
        _server.Dispose();
        _meter.Dispose();
    }
}
