using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// What a client gets, sent by whoever flushes it; what the network does not take at once is sent by the poller when it
/// does. A flush is complete when everything was taken, and then no memory is held.
/// </summary>
/// <remarks>
/// <para>One flow writes and flushes; the poller, and whoever cancels or aborts, come in between, but only while a
/// flush waits. <c>_gate</c> guards the flags. The memory, and what is counted of it, belong to the flow while it runs,
/// and to whoever holds the gate while a flush waits.</para>
/// <para>The flow is let go outside the gate, by the one who set <c>_isWaiting</c> back to false.</para>
/// </remarks>
internal sealed class SocketWriter(int descriptor) : PipeWriter, IValueTaskSource<FlushResult>
{
    private const int BlockBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<ArraySegment<byte>> _full = new();
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private byte[]? _block;
    private int _blockBytes;
    private int _sentBytes;
    private long _unflushedBytes;
    private bool _isWaiting;
    private bool _isCancelled;
    private bool _isCompleted;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushedBytes;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)((_block?.Length ?? 0) - _blockBytes));
        _blockBytes += bytes;
        _unflushedBytes += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsMemory(_blockBytes);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsSpan(_blockBytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        // Looked at only here: what ends a wait is CancelPendingFlush or Abort.
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_isCancelled || TrySendAll())
            {
                return new ValueTask<FlushResult>(End());
            }

            _isWaiting = true;
            _source.Reset();
            return new ValueTask<FlushResult>(this, _source.Version);
        }
    }

    public override void CancelPendingFlush()
    {
        FlushResult ended;
        lock (_gate)
        {
            _isCancelled = true;
            if (!TryWake(out ended))
            {
                return;
            }
        }

        _source.SetResult(ended);
    }

    public override void Complete(Exception? exception = null)
    {
        // The connection owns the memory and ends with its flow.
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>There is room in the network again. On the poller's thread, which goes on with the flow where that
    /// waits for nothing else.</summary>
    internal void BecameReady()
    {
        FlushResult ended;
        lock (_gate)
        {
            if (!_isWaiting || !TrySendAll() || !TryWake(out ended))
            {
                return;
            }
        }

        _source.SetResult(ended);
    }

    /// <summary>Ends the flush that waits, and has nothing sent any more.</summary>
    internal void Abort()
    {
        FlushResult ended;
        lock (_gate)
        {
            _isCompleted = true;
            if (!TryWake(out ended))
            {
                return;
            }

            Drop();
        }

        _source.SetResult(ended);
    }

    /// <summary>The flow has ended: from here on, nobody touches the socket.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isCompleted = true;
            Drop();
        }
    }

    private bool TryWake(out FlushResult ended)
    {
        ended = default;
        if (!_isWaiting)
        {
            return false;
        }

        _isWaiting = false;
        ended = End();
        return true;
    }

    private FlushResult End()
    {
        bool isCancelled = _isCancelled;
        _isCancelled = false;
        return new FlushResult(isCancelled, _isCompleted);
    }

    private void MakeRoom(int sizeHint)
    {
        int bytes = Math.Max(1, sizeHint);
        if (_block is not null && _block.Length - _blockBytes >= bytes)
        {
            return;
        }

        // Rented first: where that fails, the present block must not be in both places, and be given back twice.
        byte[] next = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, bytes));
        if (_block is not null)
        {
            _full.Enqueue(new ArraySegment<byte>(_block, 0, _blockBytes));
        }

        _block = next;
        _blockBytes = 0;
    }

    /// <summary>Sends as much as the network takes; true where nothing is left, or nobody is there to take it.
    /// </summary>
    private bool TrySendAll()
    {
        while (!_isCompleted && _full.TryPeek(out ArraySegment<byte> first))
        {
            if (!TrySend(first))
            {
                return _isCompleted;
            }

            ArrayPool<byte>.Shared.Return(_full.Dequeue().Array!);
            _sentBytes = 0;
        }

        if (!_isCompleted && _block is not null && !TrySend(new ArraySegment<byte>(_block, 0, _blockBytes)))
        {
            return _isCompleted;
        }

        Drop();
        return true;
    }

    /// <summary>Sends the rest of a block, after <c>_sentBytes</c>; false where some of it is left.</summary>
    private unsafe bool TrySend(ArraySegment<byte> block)
    {
        fixed (byte* bytes = block.Array)
        {
            while (_sentBytes < block.Count)
            {
                nint sent = EpollCalls.Send(descriptor, bytes + _sentBytes, block.Count - _sentBytes,
                    EpollCalls.DoNotWait | EpollCalls.NoSignal);
                if (sent >= 0)
                {
                    _sentBytes += (int)sent;
                    _unflushedBytes -= sent;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error != EpollCalls.ErrorInterrupted)
                {
                    // What is wrong with the connection, its reader hears as well.
                    _isCompleted |= error != EpollCalls.ErrorWouldBlock;
                    return false;
                }
            }
        }

        return true;
    }

    private void Drop()
    {
        while (_full.TryDequeue(out ArraySegment<byte> block))
        {
            ArrayPool<byte>.Shared.Return(block.Array!);
        }

        if (_block is not null)
        {
            ArrayPool<byte>.Shared.Return(_block);
        }

        _block = null;
        _blockBytes = 0;
        _sentBytes = 0;
        _unflushedBytes = 0;
    }
}
