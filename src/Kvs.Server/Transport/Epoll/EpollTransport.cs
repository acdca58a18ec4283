using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kvs.Server.Connections;
using Kvs.Server.Transport.Tls;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// Sockets of Linux, watched by pollers (epoll, edge-triggered: no system call but the one that receives and the one
/// that sends for each round of a connection, and one for all of the events of a moment). What is short runs on the
/// poller itself; <see cref="Poller"/> tells what happens where it is not.
/// </summary>
/// <remarks>Any thread may call any member, <see cref="StartAsync"/> once and before the others. <c>_gate</c> guards
/// <c>_connections</c> and <c>_isStopping</c>; the rest is set by <see cref="StartAsync"/>.</remarks>
internal sealed class EpollTransport : ITransport
{
    /// <summary>How often pollers that are held up are looked for: far longer than requests take, far shorter than
    /// anybody calls slow.</summary>
    private static readonly TimeSpan s_watchTick = TimeSpan.FromMilliseconds(10);

    /// <summary>How long accepting pauses when the process may not open more files.</summary>
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    private const int Backlog = 512;

    private readonly Lock _gate = new();
    private readonly HashSet<EpollConnection> _connections = [];
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _watchEnds = new();
    private readonly KvsServerOptions _options;
    private readonly ILogger _logger;
    private readonly TlsLayer? _tls;
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _accepting = [];
    private Poller[] _pollers = [];
    private Thread? _watch;
    private int _nextPoller;
    private bool _isStopping;

    internal EpollTransport(KvsServerOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<EpollTransport>();
        _tls = TlsLayer.Create(options, loggers);
    }

    /// <summary>Whether this machine has what it takes.</summary>
    internal static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public Task<IReadOnlyList<EndPoint>> StartAsync(
        Func<ITransportConnection, Task> serve, CancellationToken cancellation)
    {
        var endPoints = new List<EndPoint>();
        foreach (EndPoint endPoint in _options.EndPoints)
        {
            Socket listener = Listening.Bind(endPoint);
            _listeners.Add(listener);
            listener.Listen(Backlog);
            endPoints.Add(endPoint is IPEndPoint ? listener.LocalEndPoint! : endPoint);
        }

        _pollers = new Poller[_options.Pollers];
        for (int i = 0; i < _pollers.Length; i++)
        {
            _pollers[i] = new Poller($"kvs-poller-{i}", _logger);
        }

        _watch = new Thread(Watch) { IsBackground = true, Name = "kvs-poller-watch" };
        _watch.Start();
        foreach (Socket listener in _listeners)
        {
            bool isEncrypted = _tls is not null && listener.AddressFamily != AddressFamily.Unix;
            _accepting.Add(AcceptAsync(listener,
                isEncrypted ? connection => _tls!.ServeAsync(connection, serve) : serve));
        }

        return Task.FromResult<IReadOnlyList<EndPoint>>(endPoints);
    }

    public async Task StopAsync(CancellationToken abort)
    {
        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        await Task.WhenAll(_accepting).ConfigureAwait(false);
        lock (_gate)
        {
            _isStopping = true;
            NoteEmptied();
        }

        CancellationTokenRegistration aborting = abort.UnsafeRegister(
            static transport => ((EpollTransport)transport!).Abort(), this);
        await using ConfiguredAsyncDisposable unregistering = aborting.ConfigureAwait(false);
        await _emptied.Task.ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        _watchEnds.Set();
        _watch?.Join();
        foreach (Poller? poller in _pollers)
        {
            poller?.Dispose();
        }

        _watchEnds.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Socket listener, Func<ITransportConnection, Task> serve)
    {
        while (true)
        {
            try
            {
                Begin(await listener.AcceptAsync().ConfigureAwait(false), serve);
            }
            catch (Exception error) when (error is ObjectDisposedException ||
                error is SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionAborted)
            {
                // The client has gone before it was let in.
            }
            catch (Exception error)
            {
                // Too many open files, most likely, or no memory. Those who wait are let in when others have gone.
                TransportLog.NotAccepted(_logger, error);
                await Task.Delay(s_acceptPause).ConfigureAwait(false);
            }
        }
    }

    private void Begin(Socket socket, Func<ITransportConnection, Task> serve)
    {
        EpollConnection connection;
        try
        {
            Poller poller = _pollers[(uint)Interlocked.Increment(ref _nextPoller) % (uint)_pollers.Length];
            connection = new EpollConnection(socket, poller, _options.MaxBufferedInputBytes);
        }
        catch (SocketException)
        {
            // The client has gone already.
            socket.Dispose();
            return;
        }

        if (!TryEnter(connection))
        {
            connection.CloseUnopened();
            return;
        }

        try
        {
            connection.Open();
        }
        catch
        {
            Leave(connection);
            connection.CloseUnopened();
            throw;
        }

        // Not here: what the connection's first bytes ask for may take its time, and others wait to be let in.
        ThreadPool.UnsafeQueueUserWorkItem(
            static begun => _ = begun.Transport.ServeAsync(begun.Connection, begun.Serve),
            (Transport: this, Connection: connection, Serve: serve), preferLocal: false);
    }

    private async Task ServeAsync(EpollConnection connection, Func<ITransportConnection, Task> serve)
    {
        try
        {
            await serve(connection).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            TransportLog.Failed(_logger, error, connection.RemoteEndPoint);
        }
        finally
        {
            connection.Close();
            Leave(connection);
        }
    }

    private bool TryEnter(EpollConnection connection)
    {
        lock (_gate)
        {
            return (_tls is null || _connections.Count < ConnectionTable.MostWithRefused(_options)) &&
                   _connections.Add(connection);
        }
    }

    private void Leave(EpollConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            NoteEmptied();
        }
    }

    /// <summary>Under <c>_gate</c>.</summary>
    private void NoteEmptied()
    {
        if (_isStopping && _connections.Count == 0)
        {
            _emptied.TrySetResult();
        }
    }

    private void Abort()
    {
        EpollConnection[] left;
        lock (_gate)
        {
            left = [.. _connections];
        }

        foreach (EpollConnection connection in left)
        {
            connection.Abort();
        }
    }

    private void Watch()
    {
        while (!_watchEnds.Wait(s_watchTick))
        {
            foreach (Poller poller in _pollers)
            {
                poller.Watch();
            }
        }
    }
}
