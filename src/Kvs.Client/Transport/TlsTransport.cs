using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Kvs.Client.Transport;

/// <summary>Bytes that are encrypted, over a connected socket.</summary>
internal sealed class TlsTransport : ClientTransport
{
    /// <summary>The most that is sent in one piece, in bytes: a few records of TLS, so that a long value shows that it
    /// gets on.</summary>
    private const int PieceBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly SslStream _tls;

    private TlsTransport(Socket socket, ServerTrust trust)
    {
        _socket = socket;
        _tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false, trust.Accepts);
    }

    /// <summary>Agrees on keys with a server, and on whether it is the one that is meant.</summary>
    /// <exception cref="KvsConnectionException">It is not to be trusted, or does not speak TLS. The socket is closed.
    /// </exception>
    internal static TlsTransport ShakeHands(EndPoint endPoint, Socket socket, KvsClientTls options)
    {
        var trust = new ServerTrust((IPEndPoint)endPoint, options);
        var transport = new TlsTransport(socket, trust);
        try
        {
            transport._tls.AuthenticateAsClient(trust.Options);
            return transport;
        }
        catch (Exception error)
        {
            transport.Dispose();
            throw ClientSocket.CannotConnect(endPoint, Why(trust, error), error);
        }
    }

    /// <inheritdoc cref="ShakeHands"/>
    internal static async Task<TlsTransport> ShakeHandsAsync(
        EndPoint endPoint, Socket socket, KvsClientTls options, CancellationToken cancellation)
    {
        var trust = new ServerTrust((IPEndPoint)endPoint, options);
        var transport = new TlsTransport(socket, trust);
        try
        {
            await transport._tls.AuthenticateAsClientAsync(trust.Options, cancellation).ConfigureAwait(false);
            return transport;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            transport.Dispose();
            throw ClientSocket.CannotConnect(endPoint, Why(trust, error), error);
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    internal override int Send(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
        _tls.Write(piece);
        return piece.Length;
    }

    internal override int Receive(Span<byte> destination) => _tls.Read(destination);

    internal override async ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default)
    {
        ReadOnlyMemory<byte> piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
        await _tls.WriteAsync(piece, cancellation).ConfigureAwait(false);
        return piece.Length;
    }

    internal override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellation = default) =>
        _tls.ReadAsync(destination, cancellation);

    internal override INonBlockingTransport ToNonBlocking() => new NonBlockingTls(this);

    public override void Dispose()
    {
        // First, as it ends a wait of another thread.
        _socket.Dispose();
        _tls.Dispose();
    }

    private static string Why(ServerTrust trust, Exception error)
    {
        if (trust.WhyNot is { } why)
        {
            return why;
        }

        return ClientSocket.CodeOf(error) is SocketError.TimedOut or SocketError.WouldBlock
            ? "the server was silent for longer than the time-out; perhaps it speaks no TLS"
            : $"the handshake of TLS failed; perhaps it speaks none ({ClientSocket.Reason(error).TrimEnd('.')})";
    }
}
