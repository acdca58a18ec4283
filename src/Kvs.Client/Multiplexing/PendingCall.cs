using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>
/// A call that waits for its answer, and what its caller awaits. Used again and again.
/// </summary>
/// <remarks>
/// <para>1. Whoever claims it first, the answer, the loss of the connection or the caller's cancellation, completes it;
/// to the others nothing happens.</para>
/// <para>2. It goes back to the pool when two have let go of it: the connection, which has it in a queue, and the
/// caller, who has taken the result. By then no cancellation can reach it any more.</para>
/// </remarks>
internal sealed class PendingCall :
    IValueTaskSource,
    IValueTaskSource<byte[]?>,
    IValueTaskSource<KvsValue?>,
    IValueTaskSource<WriteResult>,
    IValueTaskSource<long>
{
    private readonly ConcurrentQueue<PendingCall> _pool;
    private readonly Lock _gate;
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _cancellation;
    private Operation _operation;
    private bool _saysVersion;
    private int _isClaimed;
    private int _holders;
    private ReplyStatus _status;
    private byte[]? _value;
    private ulong _number;
    private long _expiryMs;

    private PendingCall(ConcurrentQueue<PendingCall> pool, Lock gate)
    {
        _pool = pool;
        _gate = gate;

        // A caller's code must not run where answers are received.
        _core.RunContinuationsAsynchronously = true;
    }

    /// <summary>What a <see cref="ValueTask"/> of this use of the object needs.</summary>
    internal short Version => _core.Version;

    internal bool IsWrite => _operation != Operation.Get;

    /// <summary>Takes a call from the pool, or makes one.</summary>
    /// <param name="pool">Where calls wait for their next use.</param>
    /// <param name="gate">Held while a call's key and value are copied.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    internal static PendingCall Begin(
        ConcurrentQueue<PendingCall> pool, Lock gate, in CallRequest request, CancellationToken cancellation)
    {
        PendingCall call = pool.TryDequeue(out PendingCall? pooled) ? pooled : new PendingCall(pool, gate);
        call._operation = request.Operation;
        call._saysVersion = request.Fields.Has(RequestFlags.SaysVersion);
        call._isClaimed = 0;
        call._holders = 2;
        call._cancellation = cancellation.UnsafeRegister(
            static (state, token) => ((PendingCall)state!).Cancel(token), call);
        return call;
    }

    /// <summary>Whether somebody has completed it: its caller, as long as no connection has it.</summary>
    internal bool IsDone => Volatile.Read(ref _isClaimed) != 0;

    /// <summary>The answer has come.</summary>
    internal void Complete(ReplyStatus status, ReadOnlySpan<byte> value)
    {
        if (TryClaim())
        {
            if (BinaryProtocol.IsError(status))
            {
                _core.SetException(new KvsServerException(status, ReplyReader.ReadMessage(value)));
            }
            else
            {
                Keep(status, value);
                _core.SetResult(true);
            }
        }

        LetGo();
    }

    /// <summary>Its caller has cancelled it, and no connection has taken it.</summary>
    internal void Forget() => LetGo();

    /// <summary>No answer will come.</summary>
    internal void Fail(Exception error)
    {
        if (TryClaim())
        {
            _core.SetException(error);
        }

        LetGo();
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => Take(token, static _ => true);

    byte[]? IValueTaskSource<byte[]?>.GetResult(short token) => Take(token, static call => call._value);

    long IValueTaskSource<long>.GetResult(short token) => Take(token, static call => (long)call._number);

    KvsValue? IValueTaskSource<KvsValue?>.GetResult(short token) => Take(
        token,
        static call => call._value is { } value
            ? new KvsValue(value, new ValueInfo(value.Length, call._number, call._expiryMs))
            : default(KvsValue?));

    WriteResult IValueTaskSource<WriteResult>.GetResult(short token) =>
        Take(token, static call => new WriteResult(call._status == ReplyStatus.Written, call._number));

    private T Take<T>(short token, Func<PendingCall, T> result)
    {
        // Throws for whoever awaits twice, to whom the object does not belong any more, or looks before there is a
        // result.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The call has not been answered yet: await it.");
        }

        _cancellation.Dispose();
        try
        {
            _ = _core.GetResult(token);
            return result(this);
        }
        finally
        {
            LetGo();
        }
    }

    private void Cancel(CancellationToken token)
    {
        bool isFirst;
        lock (_gate)
        {
            // Not while its key and value are being copied: they are the caller's again after this.
            isFirst = TryClaim();
        }

        if (isFirst)
        {
            _core.SetException(new OperationCanceledException(token));
        }
    }

    private bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;

    private void Keep(ReplyStatus status, ReadOnlySpan<byte> value)
    {
        _status = status;
        if (_operation != Operation.Get)
        {
            _ = BinaryPrimitives.TryReadUInt64LittleEndian(value, out _number);
        }
        else if (status != ReplyStatus.NotFound)
        {
            if (_saysVersion && ReplyReader.TryReadInfo(ref value, out ValueInfo info))
            {
                _number = info.Version;
                _expiryMs = info.ExpiryMilliseconds;
            }

            _value = value.ToArray();
        }
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _core.Reset();
            _value = null;
            _number = 0;
            _expiryMs = 0;
            _cancellation = default;
            _pool.Enqueue(this);
        }
    }
}
