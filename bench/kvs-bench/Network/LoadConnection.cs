using System.Net;
using System.Net.Sockets;
using Kvs.CommandLine;

namespace Kvs.Bench.Network;

/// <summary>One connection that makes load: sends requests as there is room for them, and takes the replies.</summary>
/// <remarks>For one thread. Never blocks once it is connected, and allocates nothing then.</remarks>
internal sealed class LoadConnection : IDisposable
{
    /// <summary>Requests are sent when so many bytes of them are gathered: about what one call takes at its best speed.
    /// </summary>
    private const int GatheredBytes = 64 * 1024;

    /// <summary>Requests as long as this are worth a call each, whatever else there is to send.</summary>
    private const int LongRequestBytes = 16 * 1024;

    private const int InputBytes = 256 * 1024;
    private const int HandshakeTimeoutMs = 30_000;

    private readonly IPEndPoint _address;
    private readonly Socket _socket;
    private readonly WireProtocol _protocol;
    private readonly RequestRing _ring;
    private readonly int _maxRequestBytes;
    private readonly int _refillAt;
    private readonly byte[] _output;
    private readonly byte[] _input;

    private int _outputStart;
    private int _outputEnd;
    private int _inputStart;
    private int _inputEnd;
    private bool _isExhausted;

    /// <summary>Connects.</summary>
    /// <param name="address">The server's address.</param>
    /// <param name="protocol">What it speaks.</param>
    /// <param name="ring">The requests of this connection.</param>
    /// <param name="inFlight">How many of them may be unanswered.</param>
    /// <param name="batch">Operations in each.</param>
    internal LoadConnection(IPEndPoint address, WireProtocol protocol, RequestRing ring, int inFlight, int batch)
    {
        _address = address;
        _protocol = protocol;
        _ring = ring;
        _maxRequestBytes = protocol.MaxRequestBytes(batch);

        // With short requests, half of them at once: so that they share a call of the system here and there.
        _refillAt = _maxRequestBytes >= LongRequestBytes ? inFlight - 1 : inFlight / 2;
        _output = GC.AllocateUninitializedArray<byte>(_maxRequestBytes + GatheredBytes);
        _input = GC.AllocateUninitializedArray<byte>(InputBytes + protocol.MaxReplyBytes);
        _socket = Connect(address, protocol);
        _socket.Blocking = false;
    }

    /// <summary>The socket, to wait for.</summary>
    internal Socket Socket => _socket;

    /// <summary>Whether another request can be begun at once.</summary>
    internal bool HasRoom => !_isExhausted && _ring.HasRoom && _output.Length - _outputEnd >= _maxRequestBytes;

    /// <summary>Connects, and says what has to be said first.</summary>
    /// <returns>The socket, which blocks.</returns>
    internal static Socket Connect(IPEndPoint address, WireProtocol protocol)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = HandshakeTimeoutMs,
            SendTimeout = HandshakeTimeoutMs,
        };
        try
        {
            socket.Connect(address);
            protocol.ShakeHands(socket);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new ProgramException($"Cannot connect to {address}: {new SocketException((int)exception.SocketErrorCode).Message}", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins a request that was to begin at a moment; there must be room. It is sent with
    /// <see cref="Send"/>.</summary>
    internal void Begin(long moment)
    {
        if (_ring.TryBegin(moment, out LoadRequest request))
        {
            _outputEnd += _protocol.Write(_output.AsSpan(_outputEnd), request);
        }
        else
        {
            _isExhausted = true;
        }
    }

    /// <summary>Begins and sends as many requests as may be unanswered, if enough of them are answered.</summary>
    internal void Refill(long now)
    {
        if (_ring.Count > _refillAt)
        {
            Send();
            return;
        }

        while (HasRoom)
        {
            Begin(now);
            if (_outputEnd - _outputStart >= GatheredBytes)
            {
                Send();
            }
        }

        Send();
    }

    /// <summary>Sends what there is, as far as the socket takes it.</summary>
    internal void Send()
    {
        while (_outputStart < _outputEnd)
        {
            int sent = _socket.Send(_output.AsSpan(_outputStart, _outputEnd - _outputStart), SocketFlags.None,
                out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                return;
            }

            ThrowIfFailed(error);
            _outputStart += sent;
        }

        _outputStart = _outputEnd = 0;
    }

    /// <summary>Takes all that has arrived.</summary>
    internal void Receive(long now)
    {
        while (true)
        {
            Span<byte> room = _input.AsSpan(_inputEnd);
            int received = _socket.Receive(room, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                break;
            }

            ThrowIfFailed(error);
            if (received == 0)
            {
                throw new ProgramException($"{_address} closed the connection with {_ring.Count} requests unanswered.");
            }

            _inputEnd += received;
            _inputStart += _protocol.Read(_input.AsSpan(_inputStart, _inputEnd - _inputStart), _ring);
            Compact();
            if (received < room.Length)
            {
                // There was room for more, so this was all.
                break;
            }
        }

        _ring.Complete(now);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // What is left is the beginning of one reply.
    private void Compact()
    {
        int rest = _inputEnd - _inputStart;
        if (_inputStart > 0 && rest > 0)
        {
            _input.AsSpan(_inputStart, rest).CopyTo(_input);
        }

        _inputStart = 0;
        _inputEnd = rest;
    }

    private void ThrowIfFailed(SocketError error)
    {
        if (error != SocketError.Success)
        {
            string why = new SocketException((int)error).Message;
            throw new ProgramException($"The connection to {_address} failed: {why}");
        }
    }
}
