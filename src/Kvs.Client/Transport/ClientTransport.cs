using System.Net;
using System.Net.Sockets;

namespace Kvs.Client.Transport;

/// <summary>What carries the bytes of one connection: a socket, or TLS over one.</summary>
/// <remarks>
/// <para>One thread at a time sends and one receives, which may be two. <see cref="Dispose"/> may come from anywhere,
/// and ends a wait.</para>
/// <para>What goes wrong is one of <see cref="ClientSocket.IsFailure"/>, or <see cref="ObjectDisposedException"/> after
/// <see cref="Dispose"/>. A connection is used either blocking or asynchronously, from its first byte to its last: a
/// socket that was asynchronous once waits through the runtime's poller for ever after, which costs every blocking
/// request a change of threads.</para>
/// </remarks>
internal abstract class ClientTransport : IDisposable
{
    /// <summary>Connects, and encrypts where that is asked for; for blocking use.</summary>
    /// <exception cref="KvsConnectionException">Nobody takes the connection, or the server cannot be trusted.
    /// </exception>
    internal static ClientTransport Connect(EndPoint endPoint, KvsClientOptions options)
    {
        Socket socket = ClientSocket.Connect(endPoint, options);
        return IsEncrypted(endPoint, options)
            ? TlsTransport.ShakeHands(endPoint, socket, options.Tls!)
            : new SocketTransport(socket);
    }

    /// <summary>Connects, and encrypts where that is asked for; for asynchronous use.</summary>
    /// <exception cref="KvsConnectionException">Nobody takes the connection, or the server cannot be trusted.
    /// </exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    internal static async Task<ClientTransport> ConnectAsync(
        EndPoint endPoint, KvsClientOptions options, CancellationToken cancellation)
    {
        Socket socket = await ClientSocket.ConnectAsync(endPoint, cancellation).ConfigureAwait(false);
        return IsEncrypted(endPoint, options)
            ? await TlsTransport.ShakeHandsAsync(endPoint, socket, options.Tls!, cancellation).ConfigureAwait(false)
            : new SocketTransport(socket);
    }

    /// <summary>Whether connections to a server are encrypted: over TCP only, as a server's are.</summary>
    internal static bool IsEncrypted(EndPoint endPoint, KvsClientOptions options) =>
        options.Tls is not null && endPoint is IPEndPoint;

    /// <summary>Sends some bytes; waits until at least one is sent. Returns how many were.</summary>
    internal abstract int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Waits for bytes and receives some; returns how many, 0 where no more will come.</summary>
    internal abstract int Receive(Span<byte> destination);

    /// <inheritdoc cref="Send"/>
    internal abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default);

    /// <inheritdoc cref="Receive"/>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellation = default);

    /// <summary>The same connection for one thread that does both and must not wait for either. Takes the place of this
    /// object, and ends with it.</summary>
    internal abstract INonBlockingTransport ToNonBlocking();

    public abstract void Dispose();
}
