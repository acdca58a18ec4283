using System.Net.Sockets;

namespace Kvs.Client.Transport;

/// <summary>A connected socket that does not wait.</summary>
internal sealed class NonBlockingSocket : INonBlockingTransport
{
    /// <summary>What the socket's way of waiting can count, in microseconds of 31 bits.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(35);

    private readonly Socket _socket;
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];

    internal NonBlockingSocket(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
    }

    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? sent : 0;
    }

    public int TryReceive(Span<byte> destination, out string? end)
    {
        end = null;
        int received = _socket.Receive(destination, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return 0;
        }

        if (error != SocketError.Success || received == 0)
        {
            end = error == SocketError.Success ? ClientSocket.ClosedByServer : ClientSocket.Reason(error);
            return 0;
        }

        return received;
    }

    public bool Wait(bool forWriting, TimeSpan timeout)
    {
        _readable.Clear();
        _readable.Add(_socket);
        _writable.Clear();
        if (forWriting)
        {
            _writable.Add(_socket);
        }

        Socket.Select(_readable, _writable, null, timeout < LongestWait ? timeout : LongestWait);
        return _readable.Count + _writable.Count > 0;
    }

    public void Dispose() => _socket.Dispose();
}
