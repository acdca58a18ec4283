using Kvs.Server.Sessions;

namespace Kvs.Server.Connections;

/// <summary>
/// Says when a connection has waited too long for its client.
/// </summary>
/// <remarks>The connection's flow sets the deadlines; any thread may ask whether one has passed. Each is one word, so
/// that both see a whole one.</remarks>
internal sealed class ConnectionClock
{
    /// <summary>A client from which nothing has come for so long, while the server stops, has sent all that it wanted
    /// answered: more than what a packet of the local network is on its way.</summary>
    internal static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a connection that has had its last reply is kept for the client to read it.</summary>
    internal static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    private const long Never = long.MaxValue;

    /// <summary>What the time for many pieces comes to at most, in milliseconds: less than what a deadline can say.
    /// </summary>
    private const double LongestSendMs = 1e15;

    private readonly KvsServerOptions _options;
    private readonly TimeProvider _time;
    private long _deadlineMs;
    private long _stopDeadlineMs = Never;
    private long _sendDeadlineMs = Never;
    private long _markedBytes;
    private long _markedExecuted;
    private bool _inHandshake;
    private bool _inFrame;
    private bool _isIdle;

    /// <param name="options">The time-outs.</param>
    /// <param name="time">What time it is.</param>
    /// <param name="isRefused">Whether the client is one too many, and waited for only to be told so.</param>
    internal ConnectionClock(KvsServerOptions options, TimeProvider time, bool isRefused = false)
    {
        _options = options;
        _time = time;

        // Clients that keep a number of connections make some long before they need them. A server that asks for a
        // password does not know who they are, and does not keep them.
        _inHandshake = isRefused || options.Password is not null;
        _deadlineMs = _inHandshake ? After(options.HandshakeTimeout) : AfterIdling();
    }

    /// <summary>Whether the client's time is up. Any thread.</summary>
    internal bool IsOverdue
    {
        get
        {
            long nowMs = NowMs;
            return nowMs >= Volatile.Read(ref _deadlineMs) || nowMs >= Volatile.Read(ref _stopDeadlineMs);
        }
    }

    /// <summary>Whether the client has taken too little of its replies for too long. Any thread.</summary>
    internal bool IsSendOverdue => NowMs >= Volatile.Read(ref _sendDeadlineMs);

    /// <summary>Replies wait for the client to take them.</summary>
    /// <param name="bytes">Their length: that of several pieces has so many times the time of one.</param>
    internal void SendBegun(long bytes)
    {
        if (_options.SendTimeout is { } time)
        {
            long pieces = Math.Max(1, bytes / _options.MinFrameProgressBytes);
            double timeMs = Math.Min(time.TotalMilliseconds * pieces, LongestSendMs);
            Volatile.Write(ref _sendDeadlineMs, NowMs + (long)timeMs);
        }
    }

    /// <summary>The client has taken them.</summary>
    internal void SendEnded() => Volatile.Write(ref _sendDeadlineMs, Never);

    /// <summary>The server stops: from now on, time is short. Any thread.</summary>
    internal void StopBegun() => Volatile.Write(ref _stopDeadlineMs, After(_options.DrainTimeout));

    /// <summary>The last reply is out.</summary>
    internal void LingerBegun()
    {
        Volatile.Write(ref _deadlineMs, After(LingerTime));
        Volatile.Write(ref _stopDeadlineMs, Never);
    }

    /// <summary>Requests have been executed, and the connection is about to wait for more.</summary>
    /// <param name="session">The session; null before the first byte.</param>
    /// <param name="waitingBytes">Bytes of an unfinished request that still lie in the input.</param>
    internal void Received(ISession? session, long waitingBytes)
    {
        if (session is null)
        {
            // Nothing has come: still the deadline of who may begin.
            return;
        }

        if (!session.IsOpen)
        {
            // One deadline for all of the handshake, however it comes.
            if (!_inHandshake)
            {
                _inHandshake = true;
                Volatile.Write(ref _deadlineMs, After(_options.HandshakeTimeout));
            }

            return;
        }

        long unfinishedBytes = session.UnfinishedBytes + waitingBytes;
        if (unfinishedBytes == 0)
        {
            // Where the flow was woken to look at the time, the client has been idle since before.
            bool isStillIdle = _isIdle && session.Executed == _markedExecuted;
            _inFrame = false;
            _isIdle = true;
            _markedExecuted = session.Executed;
            if (!isStillIdle)
            {
                Volatile.Write(ref _deadlineMs, AfterIdling());
            }

            return;
        }

        // A busy client's bytes may end in the middle of a request every time, and each time of another.
        bool isAnother = !_inFrame || session.Executed != _markedExecuted;
        if (isAnother || unfinishedBytes - _markedBytes >= _options.MinFrameProgressBytes)
        {
            _inFrame = true;
            _isIdle = false;
            _markedBytes = unfinishedBytes;
            _markedExecuted = session.Executed;
            Volatile.Write(ref _deadlineMs, After(_options.FrameTimeout));
        }
    }

    private long NowMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    private long AfterIdling() => _options.IdleTimeout is { } idle ? After(idle) : Never;

    private long After(TimeSpan time) => NowMs + (long)time.TotalMilliseconds;
}
