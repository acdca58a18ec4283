using System.Net;
using System.Net.Sockets;

namespace Kvs.Client.Transport;

/// <summary>Opens sockets and words their errors.</summary>
internal static class ClientSocket
{
    /// <summary>Why nothing more comes from a server that has ended the connection in order.</summary>
    internal const string ClosedByServer = "the server closed it";

    /// <summary>The same, where it has not answered a greeting.</summary>
    internal const string ClosedAtOnce = "the server closed the connection at once";

    /// <summary>The first bytes of what a server under TLS has to say to a client that is not: an alert, a handshake.
    /// </summary>
    private const byte TlsAlert = 0x15;
    private const byte TlsHandshake = 0x16;

    /// <exception cref="ArgumentException">No address that a server of kvs can have.</exception>
    internal static void CheckEndPoint(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint is not (IPEndPoint or UnixDomainSocketEndPoint))
        {
            throw new ArgumentException(
                $"A server's address is an IPEndPoint or a UnixDomainSocketEndPoint; '{endPoint}' is neither.",
                nameof(endPoint));
        }
    }

    /// <summary>A socket for blocking use.</summary>
    /// <exception cref="KvsConnectionException">Nobody takes the connection.</exception>
    internal static Socket Connect(EndPoint endPoint, KvsClientOptions options)
    {
        Socket socket = Create(endPoint);
        try
        {
            // On another thread and not as an asynchronous connect, because the socket must not have been asynchronous
            // (ClientTransport). A thread of its own, as those of the pool may all be waiting for a connection.
            Task connecting = Task.Factory.StartNew(
                () => socket.Connect(endPoint),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            if (!connecting.Wait(options.ConnectTimeout))
            {
                throw CannotConnect(endPoint, $"no answer within {options.ConnectTimeout.TotalSeconds:0.###} s", null);
            }

            SetTimeouts(socket, options.OperationTimeout);
            return socket;
        }
        catch (AggregateException error) when (error.InnerException is SocketException inner)
        {
            socket.Dispose();
            throw CannotConnect(endPoint, WhyNoConnection(endPoint, inner), inner);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket for asynchronous use.</summary>
    /// <exception cref="KvsConnectionException">Nobody takes the connection.</exception>
    internal static async Task<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellation)
    {
        Socket socket = Create(endPoint);
        try
        {
            await socket.ConnectAsync(endPoint, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw CannotConnect(endPoint, WhyNoConnection(endPoint, error), error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether an error is what a connection may come to, whatever the program does.</summary>
    internal static bool IsFailure(Exception error) => error is SocketException or IOException;

    /// <summary>The socket's error within a failure of a connection.</summary>
    internal static SocketError CodeOf(Exception failure) =>
        (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode
        ?? SocketError.SocketError;

    /// <summary>The operating system's own words, without the address that the runtime adds to some.</summary>
    internal static string Reason(SocketError error) => new SocketException((int)error).Message;

    /// <summary>A failure of a connection in words, of the operating system where it is one of its own.</summary>
    internal static string Reason(Exception failure) => failure switch
    {
        _ when CodeOf(failure) is var code && code != SocketError.SocketError => Reason(code),
        ObjectDisposedException or { InnerException: ObjectDisposedException } => "it was closed by this program",
        _ => failure.Message,
    };

    /// <summary>The error of whoever cannot connect.</summary>
    internal static KvsConnectionException CannotConnect(EndPoint endPoint, string reason, Exception? inner) =>
        new(endPoint, $"Cannot connect to {endPoint}: {reason.TrimEnd('.')}.", outcomeUnknown: false, inner);

    /// <summary>What a server speaks whose answer does not begin as one of this protocol.</summary>
    internal static string WhatItSpeaks(byte first) => first is TlsAlert or TlsHandshake
        ? "it speaks TLS: connect with TLS"
        : "it does not speak the kvs protocol";

    /// <summary>Why a server may have ended the connection when it was greeted.</summary>
    internal static string WhyEndedAtOnce(EndPoint endPoint, KvsClientOptions options, string how) =>
        endPoint is IPEndPoint && options.Tls is null ? $"{how}; perhaps it expects TLS" : how;

    private static Socket Create(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>The runtime knows no word for a socket's file that is not there.</summary>
    private static string WhyNoConnection(EndPoint endPoint, SocketException error) =>
        endPoint is UnixDomainSocketEndPoint && !Path.Exists(endPoint.ToString())
            ? "there is no such socket"
            : Reason(error.SocketErrorCode);

    private static void SetTimeouts(Socket socket, TimeSpan timeout)
    {
        // 0 is the socket's word for ever.
        bool isForEver = timeout == Timeout.InfiniteTimeSpan;
        int timeoutMs = isForEver ? 0 : checked((int)Math.Ceiling(timeout.TotalMilliseconds));
        socket.SendTimeout = timeoutMs;
        socket.ReceiveTimeout = timeoutMs;
    }
}
