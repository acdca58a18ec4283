using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Kvs.Server.Transport.Epoll;

/// <summary>One connection of the transport.</summary>
/// <remarks>Any thread may call any member, except that the transport calls <see cref="Open"/> first and one of the
/// closing ones last, and the pipes are for one reader and one writer.</remarks>
internal sealed class EpollConnection : ITransportConnection
{
    private readonly Socket _socket;
    private readonly SocketReader _input;
    private readonly SocketWriter _output;
    private readonly Poller _poller;
    private int _slot;

    internal EpollConnection(Socket socket, Poller poller, int maxInputBytes)
    {
        _socket = socket;
        _poller = poller;
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        RemoteEndPoint = FindRemote(socket);
        _input = new SocketReader(this, descriptor, maxInputBytes);
        _output = new SocketWriter(descriptor);
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            socket.NoDelay = true;
        }

        ConnectionSocket.KeepAlive(socket);
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    public EndPoint? RemoteEndPoint { get; }

    /// <summary>What the poller knows it by.</summary>
    internal long Id { get; set; }

    public ValueTask FinishSendingAsync()
    {
        ConnectionSocket.FinishSending(_socket);
        return ValueTask.CompletedTask;
    }

    public void Post(Action work) => _poller.Post(work);

    public void Abort()
    {
        _input.Abort();
        _output.Abort();
    }

    /// <summary>Begins to hear from the poller.</summary>
    /// <exception cref="IOException">The kernel has no room for it.</exception>
    internal void Open() => _slot = _poller.Add(this, (int)_socket.SafeHandle.DangerousGetHandle());

    /// <summary>The socket has something to say. Runs what waits for it on the calling thread.</summary>
    internal void Handle(Readiness readiness)
    {
        if ((readiness & Readiness.ConcernsOutput) != 0)
        {
            _output.BecameReady();
        }

        if ((readiness & Readiness.ConcernsInput) != 0)
        {
            _input.BecameReady((readiness & Readiness.ReadsStopShort) != 0);
        }
    }

    /// <summary>Closes the socket. Nobody waits for it any more.</summary>
    internal void Close()
    {
        // First the promise that no event comes any more, then the end of the descriptor, whose number the next
        // connection may get.
        _poller.Remove(_slot);
        CloseUnopened();
    }

    /// <summary>The same for a connection that was never opened.</summary>
    internal void CloseUnopened()
    {
        _input.Close();
        _output.Close();
        _socket.Dispose();
    }

    private static EndPoint? FindRemote(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            // Gone already.
            return null;
        }
    }
}
