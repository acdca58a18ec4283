using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Kvs.Server.Transport.Kestrel;

/// <summary>One of Kestrel's connections behind the seam.</summary>
internal sealed class KestrelConnection : ITransportConnection
{
    private readonly ConnectionContext _context;
    private readonly Socket? _socket;

    internal KestrelConnection(ConnectionContext context)
    {
        _context = context;
        _socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;

        // Peers that vanished without a word are noticed in the end, however long their connection may be idle.
        _socket?.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
    }

    public PipeReader Input => _context.Transport.Input;

    public PipeWriter Output => _context.Transport.Output;

    public EndPoint? RemoteEndPoint => _context.RemoteEndPoint;

    public ValueTask FinishSendingAsync()
    {
        try
        {
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client was faster: the connection is gone, and with it the need to end it well.
        }

        return ValueTask.CompletedTask;
    }

    public void Post(Action work) =>
        ThreadPool.UnsafeQueueUserWorkItem(static posted => posted(), work, preferLocal: false);

    public void Abort() => _context.Abort(new ConnectionAbortedException("The server has cut the client off."));
}
