using System.Diagnostics.CodeAnalysis;
using Kvs.Server.Transport;

namespace Kvs.Server.Connections;

/// <summary>
/// All connections of a server: lets them in, stops them together, and keeps an eye on the time.
/// </summary>
/// <remarks>Any thread may call any member. <c>_gate</c> guards <c>_connections</c>, <c>_admitted</c> and
/// <c>_stopping</c>.</remarks>
internal sealed class ConnectionTable : IDisposable
{
    /// <summary>How many connections beyond the limit are kept for the moment that it takes to tell them so. What
    /// comes beyond these is closed without a word: a flood must not cost more than it is worth.</summary>
    internal const int MaxRefused = 256;

    /// <summary>How often deadlines are looked at, at the most and at the least: much finer than any that is of use,
    /// coarse enough to cost nothing.</summary>
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly HashSet<Connection> _connections = [];
    private readonly ServerContext _context;
    private readonly Timer _timer;
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _admitted;
    private bool _stopping;

    internal ConnectionTable(ServerContext context)
    {
        _context = context;
        TimeSpan tick = Tick(context.Options);
        _timer = new Timer(_ => CheckTime(), null, tick, tick);
    }

    /// <summary>So many connections at the most are kept by a transport that encrypts: a client which has not finished
    /// the handshake of TLS is none that this table knows of.</summary>
    internal static long MostWithRefused(KvsServerOptions options) => (long)options.MaxConnections + MaxRefused;

    /// <summary>Serves a connection to its end.</summary>
    internal async Task ServeAsync(ITransportConnection transport)
    {
        if (!TryEnter(transport, out Connection? connection, out bool isAdmitted))
        {
            return;
        }

        try
        {
            await connection.ServeAsync().ConfigureAwait(false);
        }
        finally
        {
            Leave(connection, isAdmitted);
        }
    }

    /// <summary>Stops the connections that are there and those that are still to come.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            NoteEmptied();
        }

        foreach (Connection connection in Snapshot())
        {
            connection.Stop();
        }
    }

    /// <summary>Ends when the server is stopping and the last connection, its job included, has ended.</summary>
    internal Task WhenEmptyAsync() => _emptied.Task;

    public void Dispose() => _timer.Dispose();

    private bool TryEnter(
        ITransportConnection transport,
        [NotNullWhen(true)] out Connection? connection,
        out bool isAdmitted)
    {
        bool stopping;
        lock (_gate)
        {
            stopping = _stopping;
            isAdmitted = _admitted < _context.Options.MaxConnections;
            bool isStrayed = !isAdmitted && _connections.Count - _admitted >= MaxRefused;
            connection = isStrayed ? null : new Connection(transport, _context, isRefused: !isAdmitted);
            if (connection is not null)
            {
                _connections.Add(connection);
                _admitted += isAdmitted ? 1 : 0;
            }
        }

        if (isAdmitted)
        {
            _context.Figures.ConnectionAccepted();
        }
        else
        {
            _context.Figures.ConnectionRefused();
            ConnectionLog.Refused(_context.Logger, transport.RemoteEndPoint, _context.Figures.Connections);
        }

        if (stopping)
        {
            // It came too late for Stop to find it.
            connection?.Stop();
        }

        return connection is not null;
    }

    private void Leave(Connection connection, bool isAdmitted)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            _admitted -= isAdmitted ? 1 : 0;
            NoteEmptied();
        }

        if (isAdmitted)
        {
            _context.Figures.ConnectionEnded();
        }
    }

    /// <summary>Under <c>_gate</c>.</summary>
    private void NoteEmptied()
    {
        if (_stopping && _connections.Count == 0)
        {
            _emptied.TrySetResult();
        }
    }

    private void CheckTime()
    {
        foreach (Connection connection in Snapshot())
        {
            connection.CheckTime();
        }
    }

    private Connection[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _connections];
        }
    }

    /// <summary>A quarter of the shortest time-out, so that none takes much longer than it says.</summary>
    private static TimeSpan Tick(KvsServerOptions options)
    {
        TimeSpan shortest = new[]
        {
            options.HandshakeTimeout,
            options.FrameTimeout,
            options.IdleTimeout ?? TimeSpan.MaxValue,
            options.SendTimeout ?? TimeSpan.MaxValue,
            ConnectionClock.LingerTime,
        }.Min();
        TimeSpan tick = shortest / 4;
        return tick < ShortestTick ? ShortestTick : tick > LongestTick ? LongestTick : tick;
    }
}
