using System.Buffers;
using System.IO.Pipelines;
using Kvs.Server.Monitoring;
using Kvs.Protocol.Resp;
using Kvs.Server.Sessions;
using Kvs.Server.Transport;

namespace Kvs.Server.Connections;

/// <summary>
/// One client's connection: waits for bytes without holding a thread, then is a job on the pool that executes every
/// complete request which has arrived and sends all replies at once.
/// </summary>
/// <remarks>
/// <para><see cref="ServeAsync"/> is called once. It is one flow of control that changes threads at its awaits, so
/// that there are never two jobs of one connection at once, and everything that is not named below is its own.</para>
/// <para><see cref="Stop"/> and <see cref="CheckTime"/> may be called from any thread, at any time. They only set a
/// flag and wake the flow, which then decides by itself; where it waits for a client that takes nothing, by cutting the
/// client off.</para>
/// <para>1. No request is executed after the last reply has been written.</para>
/// <para>2. Requests are executed on the pool and nowhere else.</para>
/// <para>The awaits that every batch of requests comes through are all in one method, whose state is allocated once.
/// </para>
/// </remarks>
internal sealed class Connection
{
    /// <summary>How often in a row a job looks for more requests before it queues up again behind those of other
    /// connections: often enough to save most changes of threads, seldom enough that nobody waits long.</summary>
    private const int MaxRoundsOfJob = 16;

    private readonly ITransportConnection _transport;
    private readonly ServerContext _context;
    private readonly ConnectionClock _clock;
    private readonly ReplyBuffer _replies;
    private readonly WorkerSwitch _worker;
    private readonly SyncWaiter _syncWaiter;
    private readonly bool _isRefused;
    private ISession? _session;
    private bool _onWorker;
    private int _rounds;
    private long _countedRequests;
    private long _roundBeganAt;
    private volatile bool _stopping;
    private volatile bool _isDeaf;

    internal Connection(ITransportConnection transport, ServerContext context, bool isRefused)
    {
        _transport = transport;
        _context = context;
        _isRefused = isRefused;
        _clock = new ConnectionClock(context.Options, TimeProvider.System, isRefused);
        _worker = new WorkerSwitch(context.Pool);
        _syncWaiter = new SyncWaiter(transport.Post);
        _replies = new ReplyBuffer(transport.Output, MaxReplyBytes(context));
    }

    /// <summary>What is kept of replies at the most: as many as may be gathered, and one that is as long as anything
    /// that is asked for one by one.</summary>
    private static long MaxReplyBytes(ServerContext context) => (2L * context.Options.MaxBufferedOutputBytes) +
        RespLimits.Of(context.Engine.Limits, isAuthenticated: true).MaxRequestBytes;

    /// <summary>Serves the client until either side ends it. Does not throw.</summary>
    internal async Task ServeAsync()
    {
        try
        {
            bool maySend = await ServeRequestsAsync().ConfigureAwait(false);
            await FinishSendingAsync().ConfigureAwait(false);
            if (maySend)
            {
                await LingerAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // Lost, not ended: whatever was executed has been, and nobody is left to tell.
            ConnectionLog.Lost(_context.Logger, error, _transport.RemoteEndPoint);
        }
        catch (Exception error)
        {
            ConnectionLog.Failed(_context.Logger, error, _transport.RemoteEndPoint);
        }
        finally
        {
            _session?.Dispose();
        }
    }

    private async ValueTask FinishSendingAsync()
    {
        // Under TLS it sends a notice, which a client that reads nothing does not take either.
        _clock.SendBegun(1);
        await _transport.FinishSendingAsync().ConfigureAwait(false);
        _clock.SendEnded();
    }

    /// <summary>Has what has arrived finished and answered, and then the connection closed.</summary>
    internal void Stop()
    {
        _clock.StopBegun();
        _stopping = true;
        _transport.Input.CancelPendingRead();
    }

    /// <summary>Wakes the connection where it has waited too long for its client.</summary>
    internal void CheckTime()
    {
        if (_clock.IsOverdue)
        {
            _transport.Input.CancelPendingRead();
        }

        if (_clock.IsSendOverdue)
        {
            // Not a mere end of the wait: under TLS, half a record may be on its way, behind which nothing can follow.
            _isDeaf = true;
            _transport.Abort();
        }
    }

    /// <summary>The connection's life up to its last reply. True where the client may be sending still.</summary>
    private async Task<bool> ServeRequestsAsync()
    {
        while (true)
        {
            ReadResult read;
            if (!_stopping)
            {
                // Idle: nothing but this object waits here.
                ValueTask<ReadResult> reading = _transport.Input.ReadAsync();
                _onWorker &= reading.IsCompleted;
                read = await reading.ConfigureAwait(false);
            }
            else if (await ReceiveBeforeStopAsync().ConfigureAwait(false) is ReadResult late)
            {
                read = late;
            }
            else
            {
                await SayFarewellAsync(Farewell.Stopping).ConfigureAwait(false);
                return false;
            }

            _roundBeganAt = ServerFigures.Now();
            ReadOnlySequence<byte> rest = read.Buffer;
            var outcome = rest.IsEmpty ? SessionOutcome.NeedsInput : SessionOutcome.OutputFull;
            bool isTaken = true;
            while (outcome == SessionOutcome.OutputFull && isTaken)
            {
                if (MustEnterWorker())
                {
                    await _worker;
                }

                long waitingBytes = rest.Length;
                outcome = Execute(ref rest);
                if (_replies.HoldsReplies)
                {
                    await SyncAsync().ConfigureAwait(false);
                }

                NoteRound(waitingBytes - rest.Length);

                // A client that does not take its replies keeps the connection waiting here, without a worker.
                ValueTask<FlushResult> flushing = BeginFlush();
                _onWorker &= flushing.IsCompleted;
                isTaken = !(await flushing.ConfigureAwait(false)).IsCompleted;
                EndFlush();
            }

            // All of it has been looked at: the next read waits for bytes that are new.
            _transport.Input.AdvanceTo(rest.Start, read.Buffer.End);
            _clock.Received(_session, rest.Length);
            if (outcome == SessionOutcome.Closing || !isTaken)
            {
                return true;
            }

            if (read.IsCompleted)
            {
                return false;
            }

            if (_clock.IsOverdue)
            {
                if (!_stopping)
                {
                    _context.Figures.ConnectionTimedOut();
                }

                await SayFarewellAsync(_stopping ? Farewell.Stopping : Farewell.TimedOut).ConfigureAwait(false);
                return true;
            }
        }
    }

    /// <summary>Receives from a client of a server that stops. Null where nothing more comes.</summary>
    private async ValueTask<ReadResult?> ReceiveBeforeStopAsync()
    {
        _onWorker = false;
        using var quiet = new CancellationTokenSource(ConnectionClock.QuietTime);
        try
        {
            return await _transport.Input.ReadAsync(quiet.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (quiet.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether the next round needs a job of its own: not while the flow is still on the pool, where it came
    /// round without waiting for anything, and the job has not yet lasted long.</summary>
    private bool MustEnterWorker()
    {
        if (_onWorker && ++_rounds < MaxRoundsOfJob)
        {
            return false;
        }

        _onWorker = true;
        _rounds = 0;
        return true;
    }

    /// <summary>One round of a job: synchronous, on the pool.</summary>
    private SessionOutcome Execute(ref ReadOnlySequence<byte> input)
    {
        _session ??= SessionChoice.Choose(input, _context, _transport.RemoteEndPoint);
        if (_session is null)
        {
            _context.Figures.ConnectionStrayed();
            ConnectionLog.Garbage(_context.Logger, _transport.RemoteEndPoint);
            return SessionOutcome.Closing;
        }

        if (_isRefused)
        {
            _session.WriteFarewell(Farewell.TooManyConnections, _replies);
            return SessionOutcome.Closing;
        }

        try
        {
            return _session.Process(ref input, _replies);
        }
        catch (Exception error) when (error is not ReplyTooLongException)
        {
            // The replies before it are whole, and go out.
            _context.Figures.RequestFailed();
            ConnectionLog.Failed(_context.Logger, error, _transport.RemoteEndPoint);
            _session.WriteFarewell(Farewell.Failed, _replies);
            return SessionOutcome.Closing;
        }
    }

    /// <summary>Counts what a round has done, all at once.</summary>
    private void NoteRound(long receivedBytes)
    {
        long executed = _session?.Executed ?? 0;
        _context.Figures.RoundEnded(
            _roundBeganAt, executed - _countedRequests, receivedBytes, _replies.UnflushedBytes);
        _countedRequests = executed;
        _roundBeganAt = ServerFigures.Now();
    }

    /// <summary>Has what the held replies say made durable, without a worker meanwhile, and lets them go.</summary>
    private async ValueTask SyncAsync()
    {
        ValueTask syncing = _context.Sync.WaitAsync(_syncWaiter);
        _onWorker &= syncing.IsCompleted;
        try
        {
            await syncing.ConfigureAwait(false);
            _replies.Release();
        }
        catch (KvsWriteException error)
        {
            _replies.Refuse(_session!, error);
        }
    }

    private async ValueTask SayFarewellAsync(Farewell farewell)
    {
        if (_session is not null)
        {
            _session.WriteFarewell(farewell, _replies);
            await BeginFlush().ConfigureAwait(false);
            EndFlush();
        }
    }

    private ValueTask<FlushResult> BeginFlush()
    {
        long bytes = _replies.UnflushedBytes;
        ValueTask<FlushResult> flushing = _replies.FlushAsync();
        if (!flushing.IsCompleted)
        {
            _clock.SendBegun(bytes);
        }

        return flushing;
    }

    /// <summary>The client has taken its replies, or is given up on.</summary>
    private void EndFlush()
    {
        _clock.SendEnded();
        if (_isDeaf)
        {
            _context.Figures.ConnectionTimedOut();
            throw new IOException("The client took none of its replies for too long.");
        }
    }

    /// <summary>
    /// Receives and drops what the client is still sending, for a while. A socket that is closed with bytes unread
    /// resets the connection, and the reset overtakes the last replies.
    /// </summary>
    private async Task LingerAsync()
    {
        _clock.LingerBegun();
        while (!_clock.IsOverdue)
        {
            ReadResult read = await _transport.Input.ReadAsync().ConfigureAwait(false);
            _transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
