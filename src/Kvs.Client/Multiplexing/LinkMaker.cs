using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>Connects to a server and shakes hands with it.</summary>
internal static class LinkMaker
{
    private const uint HelloId = 1;

    /// <exception cref="KvsConnectionException">No server there, or not one of this protocol.</exception>
    /// <exception cref="KvsServerException">The server does not want this client.</exception>
    internal static async Task<Link> MakeAsync(
        EndPoint endPoint, KvsClientOptions options, Dispatcher dispatcher, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            limit.CancelAfter(options.ConnectTimeout);
        }

        ClientTransport? transport = null;
        try
        {
            transport = await ClientTransport.ConnectAsync(endPoint, options, limit.Token).ConfigureAwait(false);
            ServerHello hello = await ShakeHandsAsync(endPoint, transport, options, limit.Token).ConfigureAwait(false);
            return new Link(endPoint, transport, hello, options, dispatcher);
        }
        catch (Exception error) when (ClientSocket.IsFailure(error))
        {
            transport?.Dispose();
            string why = ClientSocket.Reason(error);
            throw ClientSocket.CannotConnect(
                endPoint,
                ClientSocket.CodeOf(error) == SocketError.ConnectionReset
                    ? ClientSocket.WhyEndedAtOnce(endPoint, options, why)
                    : why,
                error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            transport?.Dispose();
            throw ClientSocket.CannotConnect(
                endPoint, $"no answer within {options.ConnectTimeout.TotalSeconds:0.###} s", error);
        }
        catch
        {
            transport?.Dispose();
            throw;
        }
    }

    private static async Task<ServerHello> ShakeHandsAsync(
        EndPoint endPoint, ClientTransport transport, KvsClientOptions options, CancellationToken cancellation)
    {
        var output = new ArrayBufferWriter<byte>();
        RequestWriter.WriteHello(
            output, HelloId, BinaryProtocol.Version, BinaryProtocol.Version, options.EncodePassword());
        await transport.SendAsync(output.WrittenMemory, cancellation).ConfigureAwait(false);
        byte[] head = new byte[BinaryProtocol.HeaderBytes];

        // The first byte alone: what is no frame may be shorter than the head of one.
        await ReceiveAsync(endPoint, transport, options, head.AsMemory(0, 1), cancellation).ConfigureAwait(false);
        if (head[0] != BinaryProtocol.ReplyMagic)
        {
            throw NoServer(endPoint, head[0]);
        }

        await ReceiveAsync(endPoint, transport, options, head.AsMemory(1), cancellation).ConfigureAwait(false);
        FrameHeader header = FrameHeader.Read(head);
        if (header.BodyBytes > BinaryProtocol.MaxHelloBytes + BinaryProtocol.MaxMessageBytes)
        {
            throw NoServer(endPoint, head[0]);
        }

        byte[] body = new byte[header.BodyBytes];
        await ReceiveAsync(endPoint, transport, options, body, cancellation).ConfigureAwait(false);
        var status = (ReplyStatus)header.Code;
        if (BinaryProtocol.IsError(status))
        {
            throw new KvsServerException(status, ReplyReader.ReadMessage(body));
        }

        return ReplyReader.TryReadHello(body, out ServerHello hello) ? hello : throw NoServer(endPoint, head[0]);
    }

    private static async Task ReceiveAsync(
        EndPoint endPoint,
        ClientTransport transport,
        KvsClientOptions options,
        Memory<byte> destination,
        CancellationToken cancellation)
    {
        while (!destination.IsEmpty)
        {
            int received = await transport.ReceiveAsync(destination, cancellation).ConfigureAwait(false);
            if (received == 0)
            {
                throw ClientSocket.CannotConnect(
                    endPoint,
                    ClientSocket.WhyEndedAtOnce(endPoint, options, ClientSocket.ClosedAtOnce),
                    null);
            }

            destination = destination[received..];
        }
    }

    private static KvsConnectionException NoServer(EndPoint endPoint, byte first) =>
        ClientSocket.CannotConnect(endPoint, ClientSocket.WhatItSpeaks(first), null);
}
