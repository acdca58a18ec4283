using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// A connection on which one thread sends a request, waits, and reads its reply. Not thread-safe, but
/// <see cref="Dispose"/> may come from anywhere, and ends a wait.
/// </summary>
/// <remarks>After any failure it is broken for good: a reply that comes late would pass for the next one.</remarks>
internal sealed class BlockingConnection : IDisposable
{
    /// <summary>Room for what one receive may bring, in bytes: most replies whole.</summary>
    private const int ReceiveBytes = 16 * 1024;

    /// <summary>A value of so many bytes is sent from where it lies; a shorter one is cheaper copied behind its header
    /// than sent by a call of its own.</summary>
    private const int CopiedValueBytes = 16 * 1024;

    private readonly ClientTransport _transport;
    private readonly KvsClientOptions _options;
    private readonly byte[] _password;
    private readonly ArrayBufferWriter<byte> _output = new(256);
    private readonly byte[] _received = new byte[ReceiveBytes];
    private int _start;
    private int _end;
    private uint _lastRequestId = BinaryProtocol.NoRequest;
    private uint _maxReplyBytes = BinaryProtocol.MaxHelloBytes + BinaryProtocol.MaxMessageBytes;
    private bool _isWrite;
    private bool _isInDoubt;
    private bool _hasEnded;
    private string? _whyBroken;

    /// <exception cref="KvsConnectionException">No server there, or one that is not to be trusted.</exception>
    internal BlockingConnection(EndPoint endPoint, KvsClientOptions options)
    {
        EndPoint = endPoint;
        _options = options;
        _password = options.EncodePassword();
        _transport = ClientTransport.Connect(endPoint, options);
    }

    internal EndPoint EndPoint { get; }

    internal ClientTransport Transport => _transport;

    /// <summary>Agrees on a version with the server.</summary>
    internal ServerHello ShakeHands()
    {
        byte[] body = AskForVersion();
        if (!ReplyReader.TryReadHello(body, out ServerHello hello))
        {
            throw Break("it answered the handshake with something else", null);
        }

        _maxReplyBytes = Math.Min(hello.MaxReplyBytes, (uint)Array.MaxLength);
        return hello;
    }

    private byte[] AskForVersion()
    {
        uint id = BeginRequest(isWrite: false);
        RequestWriter.WriteHello(_output, id, BinaryProtocol.Version, BinaryProtocol.Version, _password);
        try
        {
            SendRequest();
            FrameHeader header = ReceiveHeader();
            byte[] body = ReceiveBody(header);
            ThrowIfError(header, body);
            return body;
        }
        catch (KvsConnectionException error) when (error.InnerException is KvsServerException refusal)
        {
            // Here the server's last words are its answer.
            throw new KvsServerException(refusal.Status, refusal.Message);
        }
        catch (KvsConnectionException error) when (_hasEnded)
        {
            string how = error.InnerException is null
                ? ClientSocket.ClosedAtOnce
                : ClientSocket.Reason(error.InnerException);
            throw ClientSocket.CannotConnect(EndPoint, ClientSocket.WhyEndedAtOnce(EndPoint, _options, how), error);
        }
    }

    /// <summary>Starts a request; its frame is then written to <see cref="Output"/> under the number
    /// returned.</summary>
    /// <param name="isWrite">Whether its outcome matters when no answer comes.</param>
    internal uint BeginRequest(bool isWrite)
    {
        if (_whyBroken is not null)
        {
            throw new KvsConnectionException(
                EndPoint,
                $"The connection to {EndPoint} is closed: {_whyBroken.TrimEnd('.')}.",
                outcomeUnknown: false);
        }

        _isWrite = isWrite;
        _isInDoubt = false;
        _output.ResetWrittenCount();
        _lastRequestId = _lastRequestId == uint.MaxValue ? 1 : _lastRequestId + 1;
        return _lastRequestId;
    }

    /// <summary>Where the frame of the request goes.</summary>
    internal IBufferWriter<byte> Output => _output;

    /// <summary>Sends the request that was written, and the value that ends it.</summary>
    internal void SendRequest(ReadOnlySpan<byte> value = default)
    {
        if (value.Length < CopiedValueBytes)
        {
            _output.Write(value);
            value = default;
        }

        try
        {
            Send(_output.WrittenSpan);
            Send(value);

            // Not before: a server cannot act on a frame whose end was never sent.
            _isInDoubt = _isWrite;
        }
        catch (Exception error) when (ClientSocket.IsFailure(error))
        {
            ReceiveLastWords(error);
            throw Break(error);
        }
        catch (ObjectDisposedException error)
        {
            throw Break("it was closed by this program", error);
        }
    }

    /// <summary>Waits for the reply to the request sent last.</summary>
    internal FrameHeader ReceiveHeader()
    {
        // The first byte alone: what is no frame may be shorter than the head of one.
        Fill(1);
        if (_received[_start] != BinaryProtocol.ReplyMagic)
        {
            throw Break(ClientSocket.WhatItSpeaks(_received[_start]), null);
        }

        Fill(BinaryProtocol.HeaderBytes);
        FrameHeader header = FrameHeader.Read(_received.AsSpan(_start, BinaryProtocol.HeaderBytes));
        _start += BinaryProtocol.HeaderBytes;
        if (header.BodyBytes > _maxReplyBytes)
        {
            throw Break(
                $"it announced a reply of {header.BodyBytes} bytes; the limit is {_maxReplyBytes} bytes", null);
        }

        if (header.RequestId != _lastRequestId)
        {
            throw NotTheReply(header);
        }

        return header;
    }

    /// <summary>Receives what the header announced, into an array of just that size.</summary>
    internal byte[] ReceiveBody(FrameHeader header)
    {
        int bodyBytes = (int)header.BodyBytes;
        if (bodyBytes == 0)
        {
            return [];
        }

        byte[] body = GC.AllocateUninitializedArray<byte>(bodyBytes);
        int there = Math.Min(bodyBytes, _end - _start);
        _received.AsSpan(_start, there).CopyTo(body);
        _start += there;
        while (there < bodyBytes)
        {
            there += Receive(body.AsSpan(there));
        }

        return body;
    }

    /// <exception cref="KvsServerException">The reply is an error.</exception>
    internal void ThrowIfError(FrameHeader header, ReadOnlySpan<byte> body)
    {
        var status = (ReplyStatus)header.Code;
        if (!BinaryProtocol.IsError(status))
        {
            return;
        }

        string message = ReplyReader.ReadMessage(body);
        if (((ReplyFlags)header.Flags).HasFlag(ReplyFlags.Last))
        {
            _whyBroken = $"the server ended it: {message}";
            _transport.Dispose();
        }

        throw new KvsServerException(status, message);
    }

    /// <summary>The reply is not what the request asked for: nothing that follows can be trusted.</summary>
    internal KvsConnectionException UnexpectedReply() => Break("it sent a reply that fits no request", null);

    public void Dispose()
    {
        _whyBroken ??= "it was closed by this program";
        _transport.Dispose();
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_transport.Send(bytes)..];
        }
    }

    /// <summary>A server that refuses a request may close before it has read all of it, so that sending fails, while
    /// its reason waits to be read.</summary>
    private void ReceiveLastWords(Exception error)
    {
        if (ClientSocket.CodeOf(error) is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            FrameHeader header = ReceiveHeader();
            ThrowIfError(header, ReceiveBody(header));
        }
    }

    /// <summary>Receives until so many bytes are there, from <c>_start</c> on.</summary>
    private void Fill(int neededBytes)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_received.Length - _start < neededBytes)
        {
            _received.AsSpan(_start.._end).CopyTo(_received);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < neededBytes)
        {
            _end += Receive(_received.AsSpan(_end));
        }
    }

    private int Receive(Span<byte> destination)
    {
        try
        {
            int received = _transport.Receive(destination);
            if (received > 0)
            {
                return received;
            }

            _hasEnded = true;
            throw Break("the server closed it before it answered", null);
        }
        catch (Exception error) when (ClientSocket.IsFailure(error))
        {
            _hasEnded = ClientSocket.CodeOf(error) == SocketError.ConnectionReset;
            throw Break(error);
        }
        catch (ObjectDisposedException error)
        {
            throw Break("it was closed by this program", error);
        }
    }

    /// <summary>A reply under another number: the server's last words, or a server that cannot count.</summary>
    private KvsConnectionException NotTheReply(FrameHeader header)
    {
        var status = (ReplyStatus)header.Code;
        bool isLast = ((ReplyFlags)header.Flags).HasFlag(ReplyFlags.Last);
        if (header.RequestId != BinaryProtocol.NoRequest || !isLast || !BinaryProtocol.IsError(status))
        {
            return UnexpectedReply();
        }

        // The server read nothing of this request, so its outcome is known; unless it failed in the middle of it.
        string message = ReplyReader.ReadMessage(ReceiveBody(header));
        _isInDoubt &= status == ReplyStatus.InternalError;
        return Break($"the server ended it: {message}", new KvsServerException(status, message));
    }

    private KvsConnectionException Break(Exception failure) =>
        Break(
            ClientSocket.CodeOf(failure) is SocketError.TimedOut or SocketError.WouldBlock
                ? "the server was silent for longer than the time-out"
                : ClientSocket.Reason(failure),
            failure);

    private KvsConnectionException Break(string why, Exception? inner)
    {
        _whyBroken ??= why;
        _transport.Dispose();
        string doubt = _isInDoubt ? " Whether the write was made is unknown; nothing was repeated." : "";
        return new KvsConnectionException(
            EndPoint, $"The connection to {EndPoint} was lost: {why.TrimEnd('.')}.{doubt}", _isInDoubt, inner);
    }
}
