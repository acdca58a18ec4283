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
        if (_socket is not null)
        {
            ConnectionSocket.KeepAlive(_socket);
        }
    }

    public PipeReader Input => _context.Transport.Input;

    public PipeWriter Output => _context.Transport.Output;

    public EndPoint? RemoteEndPoint => _context.RemoteEndPoint;

    public ValueTask FinishSendingAsync()
    {
        if (_socket is not null)
        {
            ConnectionSocket.FinishSending(_socket);
        }

        return ValueTask.CompletedTask;
    }

    public void Post(Action work) =>
        ThreadPool.UnsafeQueueUserWorkItem(static posted => posted(), work, preferLocal: false);

    public void Abort() => _context.Abort(new ConnectionAbortedException("The server has cut the client off."));
}
