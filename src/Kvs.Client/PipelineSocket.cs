using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>A connected socket that neither sends nor receives more than it can at once, so that one thread can do
/// both. Not thread-safe.</summary>
internal sealed class PipelineSocket : IDisposable
{
    /// <summary>Room for what one receive may bring, in bytes.</summary>
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>What the socket's way of waiting can count, in microseconds of 31 bits.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(35);

    private readonly Socket _socket;
    private readonly FrameDecoder _decoder;
    private readonly TimeSpan _timeout;
    private readonly byte[] _received = new byte[ReceiveBytes];
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];
    private int _start;
    private int _end;

    internal PipelineSocket(IPEndPoint endPoint, Socket socket, uint maxReplyBytes, KvsClientOptions options)
    {
        EndPoint = endPoint;
        _socket = socket;
        _socket.Blocking = false;
        _timeout = options.OperationTimeout < LongestWait ? options.OperationTimeout : LongestWait;
        _decoder = new FrameDecoder(BinaryProtocol.ReplyMagic, maxReplyBytes);
    }

    internal IPEndPoint EndPoint { get; }

    /// <summary>Why nothing more will come; null while something may.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Sends as much as can be sent at once; returns how many bytes that was.</summary>
    internal int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);

        // An error shows itself to the receiving side as well, but behind the replies that arrived before it.
        return error == SocketError.Success ? sent : 0;
    }

    /// <summary>Receives what has arrived; true where there may be more.</summary>
    internal bool TryReceive()
    {
        if (Failure is not null)
        {
            return false;
        }

        _received.AsSpan(_start.._end).CopyTo(_received);
        _end -= _start;
        _start = 0;
        int room = _received.Length - _end;
        int received = _socket.Receive(_received.AsSpan(_end), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success || received == 0)
        {
            Failure = error == SocketError.Success ? "the server closed it" : ClientSocket.Reason(error);
            return false;
        }

        _end += received;
        return received == room;
    }

    /// <summary>Takes the next reply off what was received. Valid until the next receive.</summary>
    internal bool TryDecode(out Frame frame)
    {
        frame = default;
        if (_start == _end && !_decoder.InBody)
        {
            return false;
        }

        var input = new ReadOnlySequence<byte>(_received, _start, _end - _start);
        DecodeResult result = _decoder.TryDecode(ref input, out frame);
        _start = _end - (int)input.Length;
        if (result is DecodeResult.BadMagic or DecodeResult.TooLong)
        {
            Failure = "it does not speak the kvs protocol";
        }

        return result == DecodeResult.Frame;
    }

    /// <summary>Waits until something can be received or, where asked for, sent; false when the time is up.</summary>
    internal bool Wait(bool forWriting)
    {
        _readable.Clear();
        _readable.Add(_socket);
        _writable.Clear();
        if (forWriting)
        {
            _writable.Add(_socket);
        }

        Socket.Select(_readable, _writable, null, _timeout);
        return _readable.Count + _writable.Count > 0;
    }

    /// <summary>Ends the connection; what was received can still be read.</summary>
    internal void Close() => _socket.Dispose();

    public void Dispose()
    {
        _socket.Dispose();
        _decoder.Dispose();
    }
}
