using System.Net.Sockets;

namespace Kvs.Server.Transport;

/// <summary>What transports do with the socket of a connection.</summary>
internal static class ConnectionSocket
{
    /// <summary>Peers that vanish without a word are noticed in the end, however long their connection may be idle.
    /// </summary>
    internal static void KeepAlive(Socket socket) =>
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);

    /// <summary>Tells the client that nothing follows.</summary>
    internal static void FinishSending(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client was faster: the connection is gone, and with it the need to end it well.
        }
    }
}
