using System.Buffers;
using System.Net;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>
/// One connection to a server, shared by any number of callers: what they ask for while something is being sent goes
/// into the next frame together. Ends with its first failure, for good.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. The gate of the <see cref="Dispatcher"/> guards all fields;
/// <c>_answering</c>, taken before it, is held while calls are answered or failed, so that each is one or the other. No
/// code of a caller runs inside either.</para>
/// <para>1. Frames are numbered, sent and answered in the order of <c>_toSend</c>, then <c>_unanswered</c>; a frame is
/// in one of the two until it is answered or failed.</para>
/// <para>2. One flow sends: whoever sets <c>_isSending</c> starts it, and it ends itself when nothing is left.</para>
/// <para>3. <c>_lastSent</c> is set before the first byte of a frame is sent, so that what a frame behind it asks for
/// has certainly not been done.</para>
/// </remarks>
internal sealed class Link : IThreadPoolWorkItem
{
    /// <summary>Room for what one receive may bring, in bytes: a frame of results whole.</summary>
    private const int ReceiveBytes = 2 * BinaryProtocol.ResultsFrameBytes;

    /// <summary>How long a server that takes nothing more is listened to for its reason.</summary>
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromSeconds(1);

    /// <summary>Frames kept for the next calls.</summary>
    private const int KeptFrames = 4;

    private readonly Lock _gate;
    private readonly Lock _answering = new();
    private readonly EndPoint _endPoint;
    private readonly ClientTransport _transport;
    private readonly Dispatcher _dispatcher;
    private readonly ServerLimits _limits;
    private readonly uint _maxRequestBytes;
    private readonly TimeSpan _timeout;
    private readonly uint _maxReplyBytes;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<Outgoing> _toSend = [];
    private readonly Queue<Outgoing> _unanswered = [];
    private readonly Stack<GatheredFrame> _kept = [];
    private GatheredFrame? _open;
    private bool _isSending;
    private uint _lastSent;
    private long _progressAtMs = Environment.TickCount64;

    internal Link(
        EndPoint endPoint,
        ClientTransport transport,
        in ServerHello hello,
        KvsClientOptions options,
        Dispatcher dispatcher)
    {
        _endPoint = endPoint;
        _transport = transport;
        _dispatcher = dispatcher;
        _gate = dispatcher.Gate;
        _timeout = options.OperationTimeout;
        _limits = new ServerLimits(hello);
        _maxRequestBytes = hello.MaxRequestBytes;
        _maxReplyBytes = hello.MaxReplyBytes;
    }

    /// <summary>Whether the link is of no more use. Under the gate.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Ends, and does not fail, when the link is of no more use.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Begins to receive.</summary>
    internal void Start() => _ = ReceiveAsync();

    /// <summary>Why the server would not take a call; null where it would.</summary>
    internal KvsLimitException? WhyNot(in Waiting call) => call.Frame is { } frame
        ? WhyNot(frame.Bytes - BinaryProtocol.HeaderBytes)
        : _limits.WhyNot(call.Request.Key.Length, call.Request.Value.Length);

    /// <summary>Why the server would not take a request of such a length; null where it would.</summary>
    internal KvsLimitException? WhyNot(long bodyBytes) => bodyBytes <= _maxRequestBytes
        ? null
        : KvsLimitException.RequestTooLong(bodyBytes, _maxRequestBytes);

    /// <summary>Takes a call on; it is sent by whoever claims that next. Under the gate, and not after the end.
    /// </summary>
    internal void Enqueue(in Waiting call)
    {
        if (call.Frame is { } frame)
        {
            // Later calls go behind it.
            _open = null;
            _toSend.Enqueue(frame);
            return;
        }

        // A call that has been let in fits into a frame of its own, but not by all means behind others.
        if (_open is null || !_open.HasRoom(call.Request, _maxRequestBytes))
        {
            _open = _kept.TryPop(out GatheredFrame? kept) ? kept : new GatheredFrame();
            _toSend.Enqueue(_open);
        }

        _open.Add(call.Request, call.Call!);
    }

    /// <summary>Says whether, and where, sending has to be started: by the one who asked. Under the gate.</summary>
    internal SendStart ClaimSending()
    {
        if (_isSending || _toSend.Count == 0)
        {
            return SendStart.None;
        }

        _isSending = true;
        if (_unanswered.Count > 0)
        {
            return SendStart.Pool;
        }

        // The server was not waited for until now.
        Volatile.Write(ref _progressAtMs, Environment.TickCount64);
        return SendStart.Here;
    }

    /// <summary>Begins to send, as it was claimed. Not under the gate.</summary>
    internal void StartSending(SendStart start)
    {
        switch (start)
        {
            case SendStart.Here:
                _ = SendAsync(isCaller: true);
                break;
            case SendStart.Pool:
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                break;
            default:
                break;
        }
    }

    /// <summary>Ends the link where the server has been silent for too long while it was waited for.</summary>
    internal void CheckSilence()
    {
        bool isSilent;
        lock (_gate)
        {
            isSilent = _timeout != Timeout.InfiniteTimeSpan
                && (_unanswered.Count > 0 || _isSending)
                && Environment.TickCount64 - Volatile.Read(ref _progressAtMs) > _timeout.TotalMilliseconds;
        }

        if (isSilent)
        {
            End("the server was silent for longer than the time-out", null);
        }
    }

    /// <summary>Ends the link, and with it every call that has not been answered.</summary>
    /// <param name="why">The reason.</param>
    /// <param name="inner">What it was found out by.</param>
    /// <param name="isNothingDone">Whether the server has said that it did none of what it has not answered.</param>
    internal void End(string why, Exception? inner, bool isNothingDone = false)
    {
        Outgoing[] lost;
        lock (_gate)
        {
            if (HasEnded)
            {
                return;
            }

            HasEnded = true;
            lost = [.. _unanswered, .. _toSend];
            _unanswered.Clear();
            _toSend.Clear();
            _open = null;
        }

        _transport.Dispose();
        lock (_answering)
        {
            foreach (Outgoing frame in lost)
            {
                bool isSent = frame.Id != 0 && !isNothingDone;
                frame.Fail(isWrite => Lost(why, inner, isWrite && isSent));
            }
        }

        _dispatcher.Leave(lost.Sum(static frame => frame.Calls), lost.Sum(static frame => frame.Bytes));
        _ended.TrySetResult();
    }

    /// <summary>As a job of the runtime's pool: sends what has been gathered.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync(isCaller: false);

    private async Task SendAsync(bool isCaller)
    {
        try
        {
            while (TryTakeToSend(out Outgoing frame))
            {
                ReadOnlyMemory<byte> rest = frame.ToFrame(frame.Id);
                while (!rest.IsEmpty)
                {
                    rest = rest[await _transport.SendAsync(rest).ConfigureAwait(false)..];
                    Volatile.Write(ref _progressAtMs, Environment.TickCount64);
                }

                LetGo(frame);
                if (isCaller && !TryEndSending())
                {
                    // A caller does not send for the others.
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                if (isCaller)
                {
                    return;
                }
            }
        }
        catch (Exception error) when (ClientSocket.IsFailure(error))
        {
            // It shows itself to the receiving side as well, but behind the replies that arrived before it.
            await Task.WhenAny(Ended, Task.Delay(LastWordsTime)).ConfigureAwait(false);
            End(ClientSocket.Reason(error), error);
        }
        catch (ObjectDisposedException)
        {
            // Ended by somebody else, who said why.
        }
    }

    private bool TryEndSending()
    {
        lock (_gate)
        {
            _isSending = _toSend.Count > 0;
            return !_isSending;
        }
    }

    private bool TryTakeToSend(out Outgoing frame)
    {
        lock (_gate)
        {
            frame = null!;
            _isSending = !HasEnded && _toSend.TryDequeue(out frame!);
            if (!_isSending)
            {
                return false;
            }

            if (frame == _open)
            {
                _open = null;
            }

            _lastSent = _lastSent == uint.MaxValue ? 1 : _lastSent + 1;
            frame.Id = _lastSent;
            _unanswered.Enqueue(frame);
            return true;
        }
    }

    private async Task ReceiveAsync()
    {
        using var decoder = new FrameDecoder(BinaryProtocol.ReplyMagic, _maxReplyBytes);
        byte[] buffer = new byte[ReceiveBytes];
        int there = 0;
        try
        {
            while (!_ended.Task.IsCompleted)
            {
                int received = await _transport.ReceiveAsync(buffer.AsMemory(there)).ConfigureAwait(false);
                if (received == 0)
                {
                    End(ClientSocket.ClosedByServer, null);
                    return;
                }

                Volatile.Write(ref _progressAtMs, Environment.TickCount64);
                there = TakeFrames(decoder, buffer, there + received);
            }
        }
        catch (Exception error)
        {
            // Also what nobody foresaw: calls must not wait for ever.
            End(ClientSocket.Reason(error), error);
        }
    }

    /// <summary>Takes all frames that are there; what is left then lies at the front of the buffer.</summary>
    private int TakeFrames(FrameDecoder decoder, byte[] buffer, int there)
    {
        var input = new ReadOnlySequence<byte>(buffer, 0, there);
        DecodeResult result;
        while ((result = decoder.TryDecode(ref input, out Frame frame)) == DecodeResult.Frame)
        {
            Take(frame);
        }

        if (result != DecodeResult.NeedsMore)
        {
            End("it does not speak the kvs protocol", null);
        }

        int left = (int)input.Length;
        buffer.AsSpan(there - left, left).CopyTo(buffer);
        return left;
    }

    private void Take(in Frame reply)
    {
        var status = (ReplyStatus)reply.Header.Code;
        var flags = (ReplyFlags)reply.Header.Flags;
        if (flags.HasFlag(ReplyFlags.Last))
        {
            // What the server has not answered by now it has not done, unless it failed in the middle of it.
            string message = ReplyReader.ReadMessage(reply.Body);
            End($"the server ended it: {message}", new KvsServerException(status, message),
                isNothingDone: status != ReplyStatus.InternalError);
            return;
        }

        Outgoing? frame;
        bool fits;
        lock (_answering)
        {
            frame = OldestUnanswered();
            fits = frame?.Id == reply.Header.RequestId && frame.TryTake(reply.Header, reply.Body);
        }

        if (!fits)
        {
            End("it sent a reply that fits no request", null);
        }
        else if (!flags.HasFlag(ReplyFlags.More))
        {
            Answered(frame!);
        }
    }

    private Outgoing? OldestUnanswered()
    {
        lock (_gate)
        {
            return _unanswered.TryPeek(out Outgoing? frame) ? frame : null;
        }
    }

    private void Answered(Outgoing frame)
    {
        lock (_gate)
        {
            if (HasEnded)
            {
                // Failed by somebody else meanwhile, who has counted it.
                return;
            }

            _ = _unanswered.Dequeue();
        }

        _dispatcher.Leave(frame.Calls, frame.Bytes);
        LetGo(frame);
    }

    /// <summary>Keeps a frame that has been sent and answered for the next calls.</summary>
    private void LetGo(Outgoing frame)
    {
        if (!frame.LetGo() || frame is not GatheredFrame { IsSmall: true } gathered)
        {
            return;
        }

        gathered.Clear();
        lock (_gate)
        {
            if (_kept.Count < KeptFrames)
            {
                _kept.Push(gathered);
            }
        }
    }

    private KvsConnectionException Lost(string why, Exception? inner, bool isInDoubt)
    {
        string doubt = isInDoubt ? " Whether the write was made is unknown; nothing was repeated." : "";
        return new KvsConnectionException(
            _endPoint, $"The connection to {_endPoint} was lost: {why.TrimEnd('.')}.{doubt}", isInDoubt, inner);
    }
}
