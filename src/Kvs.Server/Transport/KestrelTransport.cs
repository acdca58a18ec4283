using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kvs.Server.Transport;

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

    public async Task<IPEndPoint> StartAsync(Func<ITransportConnection, Task> serve, CancellationToken cancellation)
    {
        ListenOptions? listening = null;
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(_options.EndPoint, listen =>
        {
            listening = listen;
            listen.Run(context => serve(new KestrelConnection(context)));
        });
        _server = new KestrelServer(Options.Create(options), CreateSockets(), _loggers);
        try
        {
            await _server.StartAsync(new NoHttp(), cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new KvsListenException(_options.EndPoint, Reason(error), error);
        }

        return listening!.IPEndPoint!;
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
        };
        return new SocketTransportFactory(Options.Create(options), _loggers);
    }

    /// <summary>The operating system's words, from below what Kestrel wraps around them.</summary>
    private static string Reason(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socketError)
            {
                return new SocketException((int)socketError.SocketErrorCode).Message;
            }
        }

        return error.Message;
    }
}
