using System.Net;
using Kvs.Server.Connections;
using Kvs.Server.Transport;
using Kvs.Threading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kvs.Server;

/// <summary>
/// Serves an engine over TCP and Unix sockets. Connections are jobs on a pool, not threads: an idle one holds none.
/// </summary>
/// <remarks>Any thread may call any member. Engine and pool belong to the caller, who disposes them after the server.
/// </remarks>
public sealed class KvsServer : IAsyncDisposable
{
    private readonly ITransport _transport;
    private readonly ConnectionTable _connections;
    private readonly ServerContext _context;
    private readonly Lazy<Task> _stopped;

    private KvsServer(ITransport transport, ConnectionTable connections, ServerContext context,
        IReadOnlyList<EndPoint> endPoints)
    {
        _transport = transport;
        _connections = connections;
        _context = context;
        EndPoints = endPoints;
        _stopped = new Lazy<Task>(StopOnceAsync);
    }

    /// <summary>Where the server is listening, in the order of the options: the real port where a free one was asked
    /// for.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    /// <summary>The first of them that is an address.</summary>
    /// <exception cref="InvalidOperationException">There are Unix sockets only.</exception>
    public IPEndPoint EndPoint => EndPoints.OfType<IPEndPoint>().First();

    /// <summary>How many clients are connected now.</summary>
    public long Connections => _context.Figures.Connections;

    /// <summary>Starts a server; it takes connections when this returns.</summary>
    /// <param name="options">Where to listen and what to bear.</param>
    /// <param name="engine">What is served. Its limits are the server's.</param>
    /// <param name="pool">Where requests are executed.</param>
    /// <param name="loggers">Where logs go; nowhere when null.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="KvsListenException">There is a place where it cannot listen, or must not.</exception>
    public static async Task<KvsServer> StartAsync(
        KvsServerOptions options,
        IKvsEngine engine,
        IThreadPool pool,
        ILoggerFactory? loggers = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(pool);
        options.Check();
        Listening.RequirePassword(options);
        loggers ??= NullLoggerFactory.Instance;
        var context = new ServerContext(options, engine, pool, loggers.CreateLogger<KvsServer>());
        var connections = new ConnectionTable(context);
        ITransport transport = KvsTransports.Create(options, loggers);
        try
        {
            IReadOnlyList<EndPoint> endPoints = await transport.StartAsync(connections.ServeAsync, cancellation)
                .ConfigureAwait(false);
            context.Resp.ListensOn(endPoints);
            context.Figures.Publish($"{endPoints[0]}");
            return new KvsServer(transport, connections, context, endPoints);
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            connections.Dispose();
            throw;
        }
    }

    /// <summary>Finds out whether a server with these options could listen now. Changes nothing, so that who makes
    /// something before the server starts can know that it will.</summary>
    /// <exception cref="KvsListenException">There is a place where it cannot listen, or must not.</exception>
    public static void CheckEndPoints(KvsServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        Listening.RequirePassword(options);
        foreach (EndPoint endPoint in options.EndPoints)
        {
            Listening.Try(endPoint);
        }
    }

    /// <summary>
    /// Stops: takes no more connections, executes what has arrived, answers it, and closes. Returns when no connection
    /// is left and no job of the server runs any more; clients that keep sending, or do not take their replies, are
    /// cut off after <see cref="KvsServerOptions.DrainTimeout"/>. May be called again, and waits for the same end.
    /// </summary>
    public Task StopAsync() => _stopped.Value;

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task StopOnceAsync()
    {
        // A connection ends by itself when its time is up, and then lingers; only one that cannot get rid of its
        // replies is still there after that.
        using var abort = new CancellationTokenSource(
            _context.Options.DrainTimeout + ConnectionClock.LingerTime + ConnectionClock.QuietTime);
        Task transportStopped = _transport.StopAsync(abort.Token);
        _connections.Stop();
        await transportStopped.ConfigureAwait(false);
        await _connections.WhenEmptyAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        _connections.Dispose();
        _context.Figures.Dispose();
    }
}
