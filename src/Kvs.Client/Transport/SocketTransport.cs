using System.Net.Sockets;

namespace Kvs.Client.Transport;

/// <summary>Bytes as they are, over a connected socket.</summary>
internal sealed class SocketTransport(Socket socket) : ClientTransport
{
    internal override int Send(ReadOnlySpan<byte> bytes) => socket.Send(bytes);

    internal override int Receive(Span<byte> destination) => socket.Receive(destination);

    internal override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default) =>
        socket.SendAsync(bytes, SocketFlags.None, cancellation);

    internal override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellation = default) =>
        socket.ReceiveAsync(destination, SocketFlags.None, cancellation);

    internal override INonBlockingTransport ToNonBlocking() => new NonBlockingSocket(socket);

    public override void Dispose() => socket.Dispose();
}
