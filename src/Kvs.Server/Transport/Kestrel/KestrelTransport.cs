using System.Net;
using Kvs.Server.Connections;
using Kvs.Server.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kvs.Server.Transport.Kestrel;

/// <summary>Kestrel's sockets, from the shared framework, without its HTTP and without a host.</summary>
internal sealed class KestrelTransport : ITransport
{
    /// <summary>
    /// With room for a single byte, a flush waits until the network has taken everything: the bound on unflushed
    /// replies is then the bound on all that is buffered, and a finished flush means sent. 2 and not 1, as Kestrel
    /// resumes at half of it, and half of 1 would be never.
    /// </summary>
    private const int OutputPauseBytes = 2;

    private readonly KvsServerOptions _options;
    private readonly ILoggerFactory _loggers;
    private KestrelServer? _server;

    internal KestrelTransport(KvsServerOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
    }

    public async Task<IReadOnlyList<EndPoint>> StartAsync(
        Func<ITransportConnection, Task> serve, CancellationToken cancellation)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        TlsLayer? tls = TlsLayer.Create(_options, _loggers);
        List<ListenOptions> listening = [];
        foreach (EndPoint endPoint in _options.EndPoints)
        {
            bool isEncrypted = tls is not null && endPoint is IPEndPoint;
            options.Listen(endPoint, listen =>
            {
                listening.Add(listen);
                listen.Run(context =>
                {
                    var connection = new KestrelConnection(context);
                    return isEncrypted ? tls!.ServeAsync(connection, serve) : serve(connection);
                });
            });
        }

        if (tls is not null)
        {
            options.Limits.MaxConcurrentConnections = ConnectionTable.MostWithRefused(_options);
        }

        _server = new KestrelServer(Options.Create(options), CreateSockets(), _loggers);
        await _server.StartAsync(new NoHttp(), cancellation).ConfigureAwait(false);
        return listening.ConvertAll(listen => listen.EndPoint);
    }

    public Task StopAsync(CancellationToken abort) => _server?.StopAsync(abort) ?? Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        return ValueTask.CompletedTask;
    }

    private SocketTransportFactory CreateSockets()
    {
        var options = new SocketTransportOptions
        {
            MaxReadBufferSize = _options.MaxBufferedInputBytes,
            MaxWriteBufferSize = OutputPauseBytes,

            // What a receive wakes up hands its work to a pool at once, and what a flush wakes up only sends: neither
            // is worth another change of threads.
            UnsafePreferInlineScheduling = true,
            CreateBoundListenSocket = Listening.Bind,
        };
        return new SocketTransportFactory(Options.Create(options), _loggers);
    }
}
