using System.Buffers;
using System.Net;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// Many requests on one connection without waiting for each: for loading and for reading in bulk.
/// </summary>
/// <remarks>
/// <para>Requests are gathered and sent together; at most <see cref="KvsClientOptions.MaxInFlight"/> are unanswered,
/// beyond which a call waits. Answers arrive in the order of requests and go to the handler, during calls of this
/// object and on their thread; <see cref="Flush"/> waits for all of them.</para>
/// <para>Not thread-safe: one thread at a time.</para>
/// <para>When the server dies, the call that notices first hands out every answer that arrived, and then throws
/// <see cref="KvsConnectionException"/>: exactly the first <see cref="Answered"/> requests are answered, and of the
/// <see cref="InFlight"/> ones behind them nobody knows. Nothing is sent again by itself.</para>
/// </remarks>
public sealed class KvsPipeline : IDisposable
{
    /// <summary>Requests are sent when so many bytes of them are gathered: as much as one call takes at its best
    /// speed, and little enough to be sent soon.</summary>
    private const int GatheredBytes = 64 * 1024;

    /// <summary>A value of so many bytes is sent from where it lies instead of being gathered.</summary>
    private const int CopiedValueBytes = 16 * 1024;

    private readonly PipelineConnection _connection;
    private readonly ServerLimits _limits;
    private readonly KvsReplyHandler? _handler;
    private readonly int _maxInFlight;
    private readonly ArrayBufferWriter<byte> _output = new(GatheredBytes + CopiedValueBytes);
    private readonly Queue<bool> _inFlightIsWrite = new();
    private int _writesInFlight;
    private string? _whyBroken;
    private bool _isHandingOut;

    private KvsPipeline(PipelineConnection connection, ServerLimits limits, KvsReplyHandler? handler, int maxInFlight)
    {
        _connection = connection;
        _limits = limits;
        _handler = handler;
        _maxInFlight = maxInFlight;
    }

    /// <summary>The server's address.</summary>
    public EndPoint EndPoint => _connection.EndPoint;

    /// <summary>Requests handed to this pipeline.</summary>
    public long Requested { get; private set; }

    /// <summary>Requests answered, errors included: always the first ones.</summary>
    public long Answered { get; private set; }

    /// <summary>Requests answered and not with an error.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Requests not yet answered, those not yet sent included.</summary>
    public long InFlight => Requested - Answered;

    /// <summary>Connects, and agrees with the server on a version of the protocol.</summary>
    /// <param name="endPoint">The server's address.</param>
    /// <param name="handler">Takes the answers. Without one, an answer that is an error closes the pipeline and is
    /// thrown as <see cref="KvsServerException"/>.</param>
    /// <param name="options">Time-outs and bounds.</param>
    /// <exception cref="KvsConnectionException">No server there, or not one of this protocol.</exception>
    /// <exception cref="KvsServerException">The server does not want this client.</exception>
    public static KvsPipeline Connect(
        EndPoint endPoint, KvsReplyHandler? handler = null, KvsClientOptions? options = null)
    {
        ClientSocket.CheckEndPoint(endPoint);
        options ??= new KvsClientOptions();
        options.Check();
        var connection = new BlockingConnection(endPoint, options);
        try
        {
            ServerHello hello = connection.ShakeHands();
            var pipelined = new PipelineConnection(
                endPoint, connection.Transport.ToNonBlocking(), hello.MaxReplyBytes, options);
            return new KvsPipeline(pipelined, new ServerLimits(hello), handler, options.MaxInFlight);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Has a value stored under a key.</summary>
    /// <exception cref="KvsLimitException">The key or the value is beyond the server's limits. This request is not
    /// sent and does not count; the others go on.</exception>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _limits.Check(key.Length, value.Length);
        RequestWriter.WriteSetBeforeValue(_output, Begin(), key, value.Length);
        if (value.Length < CopiedValueBytes)
        {
            _output.Write(value);
            value = default;
        }

        Added(isWrite: true, value);
    }

    /// <summary>Has a value read; it goes to the handler.</summary>
    /// <exception cref="KvsLimitException">As for <see cref="Set"/>.</exception>
    public void Get(ReadOnlySpan<byte> key)
    {
        _limits.Check(key.Length);
        RequestWriter.WriteGet(_output, Begin(), key);
        Added(isWrite: false);
    }

    /// <summary>Has a key removed.</summary>
    /// <exception cref="KvsLimitException">As for <see cref="Set"/>.</exception>
    public void Remove(ReadOnlySpan<byte> key)
    {
        _limits.Check(key.Length);
        RequestWriter.WriteRemove(_output, Begin(), key);
        Added(isWrite: true);
    }

    /// <summary>Sends what is gathered and returns when every request has been answered.</summary>
    public void Flush()
    {
        ThrowIfBroken();
        SendGathered();
        AwaitReplies(mayRemain: 0);
    }

    /// <summary>Closes the connection. What has not been answered may be done or not: call <see cref="Flush"/> first.
    /// </summary>
    public void Dispose()
    {
        Break("it was closed by this program");
        if (!_isHandingOut)
        {
            // Not while the handler looks at an answer, which lies in there.
            _connection.Dispose();
        }
    }

    private uint Begin()
    {
        ThrowIfBroken();
        return RequestId(Requested);
    }

    /// <summary>Counts the request that was just written, and makes room when there is enough of them.</summary>
    /// <param name="isWrite">Whether its outcome matters when no answer comes.</param>
    /// <param name="value">What ends it and has not been gathered.</param>
    private void Added(bool isWrite, ReadOnlySpan<byte> value = default)
    {
        Requested++;
        _inFlightIsWrite.Enqueue(isWrite);
        _writesInFlight += isWrite ? 1 : 0;
        bool isFull = InFlight >= _maxInFlight;
        if (isFull || !value.IsEmpty || _output.WrittenCount >= GatheredBytes)
        {
            SendGathered();
            Send(value);
        }

        if (isFull)
        {
            // Half, so that the next calls gather again instead of sending one by one.
            AwaitReplies(mayRemain: _maxInFlight / 2);
        }
    }

    private void SendGathered()
    {
        Send(_output.WrittenSpan);
        _output.ResetWrittenCount();
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _whyBroken is null)
        {
            int sent = _connection.TrySend(bytes);
            bytes = bytes[sent..];

            // Also while sending: a server that cannot get rid of its replies stops reading.
            ReceiveReplies();
            if (sent == 0 && _whyBroken is null && !_connection.Wait(forWriting: true))
            {
                Break("the server was silent for longer than the time-out");
            }
        }

        ThrowIfBroken();
    }

    private void AwaitReplies(long mayRemain)
    {
        ReceiveReplies();
        while (InFlight > mayRemain && _whyBroken is null)
        {
            if (!_connection.Wait(forWriting: false))
            {
                Break("the server was silent for longer than the time-out");
            }

            ReceiveReplies();
        }

        ThrowIfBroken();
    }

    /// <summary>Hands out what has arrived, without waiting for more.</summary>
    private void ReceiveReplies()
    {
        bool mayBeMore = true;
        while (mayBeMore && _whyBroken is null)
        {
            mayBeMore = _connection.TryReceive();
            while (_whyBroken is null && _connection.TryDecode(out Frame frame))
            {
                TakeReply(frame);
            }
        }

        if (_connection.Failure is string failure)
        {
            Break(failure);
        }
    }

    private void TakeReply(in Frame frame)
    {
        var status = (ReplyStatus)frame.Header.Code;
        bool isLast = ((ReplyFlags)frame.Header.Flags).HasFlag(ReplyFlags.Last);
        if (isLast)
        {
            // What the server has not answered by now it has not done, unless it failed in the middle of it.
            Break($"the server ended it: {ReplyReader.ReadMessage(frame.Body)}");
            _writesInFlight = status == ReplyStatus.InternalError ? _writesInFlight : 0;
        }

        if (InFlight == 0 || frame.Header.RequestId != RequestId(Answered))
        {
            Break("it sent a reply that fits no request");
            return;
        }

        var reply = new KvsReply(Answered++, status, frame.Body);
        Acknowledged += reply.IsError ? 0 : 1;
        _writesInFlight -= _inFlightIsWrite.Dequeue() && !isLast ? 1 : 0;
        HandOut(reply);
    }

    private void HandOut(in KvsReply reply)
    {
        _isHandingOut = true;
        try
        {
            if (_handler is null)
            {
                reply.ThrowIfError();
            }
            else
            {
                _handler(reply);
            }
        }
        catch
        {
            // Perhaps in the middle of sending a frame: there is no way on.
            Break("the program did not take an answer");
            throw;
        }
        finally
        {
            _isHandingOut = false;
        }
    }

    /// <summary>Requests carry their number, but for the one that belongs to no request.</summary>
    private static uint RequestId(long index) => (uint)(index % uint.MaxValue) + 1;

    private void Break(string why)
    {
        _whyBroken ??= why;
        _connection.Close();
    }

    private void ThrowIfBroken()
    {
        if (_whyBroken is null)
        {
            return;
        }

        string doubt = _writesInFlight == 0 ? "" : " Whether the others were made is unknown; nothing was repeated.";
        throw new KvsConnectionException(
            EndPoint,
            $"The connection to {EndPoint} was lost: {_whyBroken.TrimEnd('.')}. " +
            $"{Answered} of {Requested} requests were answered.{doubt}",
            _writesInFlight > 0);
    }
}
