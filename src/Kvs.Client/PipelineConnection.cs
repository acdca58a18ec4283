using System.Buffers;
using System.Net;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>A connection's replies as frames, for one thread that sends as well and waits for neither. Not thread-safe.
/// </summary>
internal sealed class PipelineConnection : IDisposable
{
    /// <summary>Room for what one receive may bring, in bytes.</summary>
    private const int ReceiveBytes = 64 * 1024;

    private readonly INonBlockingTransport _transport;
    private readonly FrameDecoder _decoder;
    private readonly TimeSpan _timeout;
    private readonly byte[] _received = new byte[ReceiveBytes];
    private int _start;
    private int _end;

    internal PipelineConnection(
        EndPoint endPoint, INonBlockingTransport transport, uint maxReplyBytes, KvsClientOptions options)
    {
        EndPoint = endPoint;
        _transport = transport;
        _timeout = options.OperationTimeout;
        _decoder = new FrameDecoder(BinaryProtocol.ReplyMagic, maxReplyBytes);
    }

    internal EndPoint EndPoint { get; }

    /// <summary>Why nothing more will come; null while something may.</summary>
    internal string? Failure { get; private set; }

    /// <inheritdoc cref="INonBlockingTransport.TrySend"/>
    internal int TrySend(ReadOnlySpan<byte> bytes) => _transport.TrySend(bytes);

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
        int received = _transport.TryReceive(_received.AsSpan(_end), out string? end);
        Failure = end;
        _end += received;
        return received == room && end is null;
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
    internal bool Wait(bool forWriting) => _transport.Wait(forWriting, _timeout);

    /// <summary>Ends the connection; what was received can still be read.</summary>
    internal void Close() => _transport.Dispose();

    public void Dispose()
    {
        _transport.Dispose();
        _decoder.Dispose();
    }
}
