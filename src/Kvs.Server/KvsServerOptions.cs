using System.Net;
using System.Net.Sockets;

namespace Kvs.Server;

/// <summary>How a server listens and what it bears. Every property has a default that suits most.</summary>
public sealed record KvsServerOptions
{
    /// <summary>The port that servers listen on unless told otherwise.</summary>
    public const int DefaultPort = 4000;

    /// <summary>Where to listen, one place or several: addresses, with port 0 for a free one, and Unix sockets
    /// (<see cref="UnixDomainSocketEndPoint"/>), which only the user that the process runs as can connect to.
    /// 127.0.0.1:4000 by default.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; init; } = [new IPEndPoint(IPAddress.Loopback, DefaultPort)];

    /// <summary>What clients must know before anything is done for them; null, the default, for no password.</summary>
    public string? Password { get; init; }

    /// <summary>Whether to listen, without a password, where other machines can connect; false by default.</summary>
    public bool Insecure { get; init; }

    /// <summary>With which connections over TCP are encrypted, all of them; null, the default, for plain ones. Unix
    /// sockets never are: their bytes do not leave the machine.</summary>
    public KvsServerCertificate? Certificate { get; init; }

    /// <summary>What carries the bytes; the fastest that the machine has by default.</summary>
    public KvsTransport Transport { get; init; } = KvsTransports.Default;

    /// <summary>How many threads wait for bytes, at least 1, where the transport is
    /// <see cref="KvsTransport.Epoll"/>; with the pool <c>inline</c>, these execute the requests as well. One for every
    /// two processors by default.</summary>
    public int Pollers { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>The most connections at once, at least 1; 16,384 by default. One more is told so and closed.</summary>
    public int MaxConnections { get; init; } = 16 * 1024;

    /// <summary>
    /// How many received bytes wait on one connection while its requests are executed, beside one unfinished request:
    /// at least 4 KiB, 256 KiB by default. Beyond, nothing more is received from it.
    /// </summary>
    public int MaxBufferedInputBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How many bytes of replies are gathered on one connection before they must have been sent, beside the reply
    /// that is being written: at least 1 byte, 256 KiB by default. While a client does not take them, nothing of it is
    /// executed and in the end nothing received.
    /// </summary>
    public int MaxBufferedOutputBytes { get; init; } = 256 * 1024;

    /// <summary>How long a client may take for its handshake; 10 seconds by default. Counted from its first byte, so
    /// that a client may connect ahead of its first request; where there is a password, from connecting.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client that has begun no request may say nothing; null, the default, for ever.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// How long a request that was begun may stay unfinished, counted anew whenever
    /// <see cref="MinFrameProgressBytes"/> more have come; 30 seconds by default.
    /// </summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a slow client must send of a request within <see cref="FrameTimeout"/>, and take of its replies
    /// within <see cref="SendTimeout"/>, in bytes; 64 KiB by default, so that long values pass over slow lines and a
    /// byte now and then does not hold a connection.</summary>
    public int MinFrameProgressBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// How long a client may take none of the replies that wait for it, before it is cut off; 60 seconds by default,
    /// null for ever. What waits is sent as one: where it is more than <see cref="MinFrameProgressBytes"/>, there is so
    /// long for each piece of that length.
    /// </summary>
    public TimeSpan? SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called when a client asks the server to end (SHUTDOWN), from any thread, perhaps more than once. It
    /// must return at once, before the server has stopped. Null, the default, where clients may not.</summary>
    public Action? ShutdownRequested { get; init; }

    /// <summary>How long a server that stops goes on with clients that keep sending, or do not take their replies;
    /// 5 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(EndPoints);
        ArgumentOutOfRangeException.ThrowIfZero(EndPoints.Count, nameof(EndPoints));
        if (Password is { Length: 0 })
        {
            throw new ArgumentException("A password that is empty keeps nobody out; null stands for none.");
        }

        if (!KvsTransports.IsSupported(Transport))
        {
            throw new ArgumentException($"This machine does not have the transport {Transport}.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Pollers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedInputBytes, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedOutputBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinFrameProgressBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HandshakeTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FrameTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        if (SendTimeout is { } send)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(send, TimeSpan.Zero, nameof(SendTimeout));
        }

        if (IdleTimeout is { } idle)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(idle, TimeSpan.Zero, nameof(IdleTimeout));
        }
    }
}
