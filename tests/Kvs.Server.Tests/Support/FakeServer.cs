using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Tests.Support;

/// <summary>Takes one connection and does to it what a test says: the server that dies at the worst moment.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    /// <param name="serve">Called when the client has shaken hands.</param>
    internal FakeServer(Action<Socket> serve)
    {
        _listener.Start();
        _serving = Task.Run(() =>
        {
            using Socket socket = _listener.AcceptSocket();
            socket.NoDelay = true;
            ShakeHands(socket);
            serve(socket);
        });
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    internal static void ShakeHands(Socket socket)
    {
        ReceiveFrame(socket);
        var output = new ArrayBufferWriter<byte>();
        var hello = new ServerHello(
            BinaryProtocol.Version,
            (uint)Limits.Default.MaxKeyBytes,
            (uint)Limits.Default.MaxValueBytes,
            BinaryProtocol.MaxRequestBytes(Limits.Default),
            BinaryProtocol.MaxReplyBytes(Limits.Default));
        ReplyWriter.WriteHello(output, 1, hello);
        socket.Send(output.WrittenSpan);
    }

    /// <summary>Says the server's last words.</summary>
    internal static void SayLast(Socket socket, ReplyStatus status)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.WriteError(output, BinaryProtocol.NoRequest, status, ReplyFlags.Last, "That was it.");
        socket.Send(output.WrittenSpan);
    }

    internal static FrameHeader ReceiveFrame(Socket socket)
    {
        FrameHeader header = FrameHeader.Read(Receive(socket, BinaryProtocol.HeaderBytes));
        Receive(socket, (int)header.BodyBytes);
        return header;
    }

    internal static void Reply(Socket socket, uint id, ReplyStatus status)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.WriteEmpty(output, id, status);
        socket.Send(output.WrittenSpan);
    }

    /// <summary>Ends the connection so that every reply arrives: closed with bytes unread, the socket would drop those
    /// that it had not sent yet.</summary>
    internal static void EndReplies(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        byte[] dropped = new byte[64 * 1024];
        while (socket.Receive(dropped, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success)
        {
        }
    }

    private static byte[] Receive(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int there = 0; there < count;)
        {
            int received = socket.Receive(bytes.AsSpan(there));
            Assert.True(received > 0);
            there += received;
        }

        return bytes;
    }

    public void Dispose()
    {
        _serving.Wait(TimeSpan.FromSeconds(60));
        _listener.Dispose();
    }
}
