using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// What a client sends, received by the poller when the flow of the connection waits for it. Between two requests it
/// holds no memory.
/// </summary>
/// <remarks>
/// <para>One flow reads; the poller, and whoever cancels or aborts, come in between. <c>_gate</c> guards the flags. The
/// buffer, its bounds and what was given belong to the flow while it runs, and to whoever holds the gate while it
/// waits.</para>
/// <para>1. <c>_isReadable</c> is false only if the socket was empty after the last event that the poller told of, so
/// that another event will come for whatever arrives: a receive that got less than it asked for, or nothing, has
/// emptied it.</para>
/// <para>2. Where the flow waits while <c>_isReadable</c> is true, the poller was asked to look, after the others'
/// turn: a client that sends without end keeps nobody waiting.</para>
/// <para>3. The flow is let go outside the gate, by the one who set <c>_isWaiting</c> back to false.</para>
/// </remarks>
internal sealed class SocketReader : PipeReader, IValueTaskSource<ReadResult>
{
    /// <summary>So much is received at once at the most: enough that a system call is cheap for what it brings, little
    /// enough to stay in the processor's cache until it is executed.</summary>
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>As much is left of a request at times, when all that were complete have been taken.</summary>
    private const int SmallRestBytes = 256;

    private readonly Lock _gate = new();
    private readonly EpollConnection _connection;
    private readonly int _descriptor;
    private readonly int _maxBytes;
    private readonly Action _look;
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private ReadOnlySequence<byte> _given;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isExamined = true;
    private bool _isReadable;
    private bool _readsStopShort;
    private bool _isWaiting;
    private bool _isCancelled;
    private bool _isCompleted;
    private bool _isClosed;
    private Exception? _error;

    internal SocketReader(EpollConnection connection, int descriptor, int maxBytes)
    {
        _connection = connection;
        _descriptor = descriptor;
        _maxBytes = maxBytes;
        _look = () => BecameReady(readsStopShort: false);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool isReadable;
        lock (_gate)
        {
            if (HasNews())
            {
                return _error is null
                    ? new ValueTask<ReadResult>(Give())
                    : ValueTask.FromException<ReadResult>(_error);
            }

            _isWaiting = true;
            _source.Reset();
            _cancellation = cancellationToken;
            isReadable = _isReadable;
        }

        if (isReadable)
        {
            _connection.Post(_look);
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (reader, token) => ((SocketReader)reader!).GiveUp(token), this);
        }

        return new ValueTask<ReadResult>(this, _source.Version);
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            if (HasNews() || (_isReadable && TryReceive()))
            {
                result = _error is null ? Give() : throw _error;
                return true;
            }
        }

        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Offsets count from the beginning of the buffer, not of what was given.
        _isExamined = _given.GetOffset(examined) == _given.GetOffset(_given.End);
        _start += (int)(_given.GetOffset(consumed) - _given.GetOffset(_given.Start));
        _given = default;
        if (_start == _end)
        {
            ReturnBuffer();
        }
        else if (_end - _start <= SmallRestBytes && _buffer!.Length > SmallRestBytes)
        {
            // The beginning of a request whose rest may take its time: it is not to hold the room of many.
            MoveTo(ArrayPool<byte>.Shared.Rent(SmallRestBytes));
        }
    }

    public override void CancelPendingRead()
    {
        Woken woken;
        lock (_gate)
        {
            _isCancelled = true;
            if (!TryWake(out woken))
            {
                return;
            }
        }

        LetGo(woken);
    }

    public override void Complete(Exception? exception = null)
    {
        // The connection owns the memory and ends with its flow.
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _registration.Unregister();
        _registration = default;
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Bytes have come, or the end. On the poller's thread, which goes on with the flow where that waits.
    /// </summary>
    /// <param name="readsStopShort">A read that gets less than it asked for is not the last from now on: the client
    /// sends no more, say, and the end is still to be read.</param>
    internal void BecameReady(bool readsStopShort)
    {
        Woken woken;
        lock (_gate)
        {
            _isReadable = true;
            _readsStopShort |= readsStopShort;
            if (!_isWaiting || !TryReceive() || !TryWake(out woken))
            {
                return;
            }
        }

        LetGo(woken);
    }

    /// <summary>Fails what waits, and every read to come.</summary>
    internal void Abort()
    {
        Woken woken;
        lock (_gate)
        {
            _isCompleted = true;
            _error ??= new IOException("The connection was torn down.");
            if (!TryWake(out woken))
            {
                return;
            }
        }

        LetGo(woken);
    }

    /// <summary>The flow has ended: from here on, nobody touches the socket.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            ReturnBuffer();
        }
    }

    private bool HasNews() => _isCancelled || _isCompleted || (_start < _end && !_isExamined);

    private void GiveUp(CancellationToken token)
    {
        lock (_gate)
        {
            // The token of an earlier read may come late.
            if (_cancellation != token || !_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _source.SetException(new OperationCanceledException(token));
    }

    /// <summary>Ends the flow's waiting, if it waits: from here on, what there is belongs to it.</summary>
    private bool TryWake(out Woken woken)
    {
        woken = default;
        if (!_isWaiting)
        {
            return false;
        }

        _isWaiting = false;
        woken = _error is null ? new Woken(Give(), Error: null) : new Woken(default, _error);
        return true;
    }

    /// <summary>Lets the flow go on, on this thread.</summary>
    private void LetGo(in Woken woken)
    {
        if (woken.Error is null)
        {
            _source.SetResult(woken.Result);
        }
        else
        {
            _source.SetException(woken.Error);
        }
    }

    private ReadResult Give()
    {
        bool isCancelled = _isCancelled;
        _isCancelled = false;
        _given = _start < _end ? new ReadOnlySequence<byte>(_buffer!, _start, _end - _start) : default;
        return new ReadResult(_given, isCancelled, _isCompleted);
    }

    /// <summary>Receives what is there. False where that is nothing.</summary>
    private unsafe bool TryReceive()
    {
        if (_isClosed)
        {
            return false;
        }

        if (!TryMakeRoom())
        {
            return true;
        }

        int room = _buffer!.Length - _end;
        nint received;
        int error;
        fixed (byte* bytes = _buffer)
        {
            do
            {
                received = EpollCalls.Receive(_descriptor, bytes + _end, room, EpollCalls.DoNotWait);
                error = received < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (error == EpollCalls.ErrorInterrupted);
        }

        if (received > 0)
        {
            _end += (int)received;
            _isReadable = received == room || _readsStopShort;
            _isExamined = false;
            return true;
        }

        if (_start == _end)
        {
            ReturnBuffer();
        }

        if (error == EpollCalls.ErrorWouldBlock)
        {
            _isReadable = false;
            return false;
        }

        _isCompleted = true;
        _error = error == 0 ? null : new IOException(
            $"The connection was lost: {Marshal.GetPInvokeErrorMessage(error)}.", new SocketException(error));
        return true;
    }

    /// <summary>False where that is refused, which is the connection's end.</summary>
    private bool TryMakeRoom()
    {
        int wantedBytes = Math.Min(ReceiveBytes, _maxBytes);
        _buffer ??= ArrayPool<byte>.Shared.Rent(wantedBytes);
        if (_end < _buffer.Length && _buffer.Length >= wantedBytes)
        {
            return true;
        }

        // Examined and not consumed: the flow wants to see more of it at once.
        int kept = _end - _start;
        if (kept >= _maxBytes)
        {
            _isCompleted = true;
            _error = new IOException($"{kept} bytes were received, and none of them taken.");
            return false;
        }

        MoveTo(ArrayPool<byte>.Shared.Rent(Math.Max(wantedBytes, 2 * kept)));
        return true;
    }

    private void MoveTo(byte[] other)
    {
        int kept = _end - _start;
        _buffer.AsSpan(_start, kept).CopyTo(other);
        ReturnBuffer();
        (_buffer, _end) = (other, kept);
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = null;
        _start = 0;
        _end = 0;
    }

    private readonly record struct Woken(ReadResult Result, Exception? Error);
}
