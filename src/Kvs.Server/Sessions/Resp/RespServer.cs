using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Sessions.Resp;

/// <summary>What the sessions of the Redis protocol share.</summary>
/// <remarks>Any thread may call any member.</remarks>
internal sealed class RespServer
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly IKvsEngine _engine;
    private readonly ILogger _logger;
    private long _lastClientId;
    private long _lastSave = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    internal RespServer(KvsServerOptions options, IKvsEngine engine, ILogger logger)
    {
        _engine = engine;
        _logger = logger;
        ListensOn(options.EndPoints);
    }

    /// <summary>All sessions that are open, by the numbers of their clients.</summary>
    internal ConcurrentDictionary<long, RespSession> Sessions { get; } = new();

    /// <summary>Names this run of the server: 40 hexadecimal digits.</summary>
    internal string RunId { get; } = RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>Names the server among those of a cluster: 40 hexadecimal digits, another with each start.</summary>
    internal string NodeId { get; } = RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>Where the server is listening first of all; port 0 where it is on sockets of the file system
    /// only.</summary>
    internal IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Where clients find the server; empty where they must go by the address that they have.</summary>
    internal string Address =>
        EndPoint.Address.Equals(IPAddress.Any) || EndPoint.Address.Equals(IPAddress.IPv6Any)
            ? ""
            : EndPoint.Address.ToString();

    /// <summary>Notes where the server is listening, before its first client.</summary>
    internal void ListensOn(IReadOnlyList<EndPoint> endPoints) =>
        EndPoint = endPoints.OfType<IPEndPoint>().FirstOrDefault() ?? EndPoint;

    internal TimeSpan Uptime => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>When everything was made durable last because a client asked for it, or when the server began: Unix
    /// seconds.</summary>
    internal long LastSave => Interlocked.Read(ref _lastSave);

    internal void NoteSave() => Interlocked.Exchange(ref _lastSave, DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    /// <summary>Has everything made durable that was written before.</summary>
    internal void SaveInBackground() => _ = SaveAsync();

    /// <summary>A number that no client has had before.</summary>
    internal long NextClientId() => Interlocked.Increment(ref _lastClientId);

    private async Task SaveAsync()
    {
        try
        {
            await _engine.FlushAsync().ConfigureAwait(false);
            NoteSave();
        }
        catch (Exception error) when (error is KvsException or ObjectDisposedException)
        {
            // The time of the last save stays what it was, and the log says why.
            RespLog.SaveFailed(_logger, error);
        }
    }
}
