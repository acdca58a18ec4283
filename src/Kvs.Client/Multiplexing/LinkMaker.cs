using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>Connects to a server and shakes hands with it.</summary>
internal static class LinkMaker
{
    private const uint HelloId = 1;

    /// <exception cref="KvsConnectionException">No server there, or not one of this protocol.</exception>
    /// <exception cref="KvsServerException">The server does not want this client.</exception>
    internal static async Task<Link> MakeAsync(
        IPEndPoint endPoint, KvsClientOptions options, Dispatcher dispatcher, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            limit.CancelAfter(options.ConnectTimeout);
        }

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token).ConfigureAwait(false);
            ServerHello hello = await ShakeHandsAsync(endPoint, socket, options, limit.Token).ConfigureAwait(false);
            return new Link(endPoint, socket, hello, options, dispatcher);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw ClientSocket.CannotConnect(endPoint, ClientSocket.Reason(error.SocketErrorCode), error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw ClientSocket.CannotConnect(
                endPoint, $"no answer within {options.ConnectTimeout.TotalSeconds:0.###} s", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<ServerHello> ShakeHandsAsync(
        IPEndPoint endPoint, Socket socket, KvsClientOptions options, CancellationToken cancellation)
    {
        var output = new ArrayBufferWriter<byte>();
        RequestWriter.WriteHello(
            output, HelloId, BinaryProtocol.Version, BinaryProtocol.Version, options.EncodePassword());
        await socket.SendAsync(output.WrittenMemory, SocketFlags.None, cancellation).ConfigureAwait(false);
        byte[] head = new byte[BinaryProtocol.HeaderBytes];
        await ReceiveAsync(endPoint, socket, head, cancellation).ConfigureAwait(false);
        FrameHeader header = FrameHeader.Read(head);
        if (head[0] != BinaryProtocol.ReplyMagic
            || header.BodyBytes > BinaryProtocol.MaxHelloBytes + BinaryProtocol.MaxMessageBytes)
        {
            throw NoServer(endPoint);
        }

        byte[] body = new byte[header.BodyBytes];
        await ReceiveAsync(endPoint, socket, body, cancellation).ConfigureAwait(false);
        var status = (ReplyStatus)header.Code;
        if (BinaryProtocol.IsError(status))
        {
            throw new KvsServerException(status, ReplyReader.ReadMessage(body));
        }

        return ReplyReader.TryReadHello(body, out ServerHello hello) ? hello : throw NoServer(endPoint);
    }

    private static async Task ReceiveAsync(
        IPEndPoint endPoint, Socket socket, Memory<byte> destination, CancellationToken cancellation)
    {
        while (!destination.IsEmpty)
        {
            int received = await socket.ReceiveAsync(destination, SocketFlags.None, cancellation)
                .ConfigureAwait(false);
            if (received == 0)
            {
                throw ClientSocket.CannotConnect(endPoint, "the server closed the connection at once", null);
            }

            destination = destination[received..];
        }
    }

    private static KvsConnectionException NoServer(IPEndPoint endPoint) =>
        ClientSocket.CannotConnect(endPoint, "it does not speak the kvs protocol", null);
}
