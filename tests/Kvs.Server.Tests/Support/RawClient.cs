using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Tests.Support;

/// <summary>A connection that sends whatever bytes a test likes, and reads replies one by one.</summary>
internal sealed class RawClient : IDisposable
{
    /// <summary>Turns a hang into a failure; no measure of anything.</summary>
    private const int HangMs = 60_000;

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Stream _stream;

    /// <param name="endPoint">The server's address, or its Unix socket.</param>
    /// <param name="receiveBufferBytes">The socket's, if it matters.</param>
    /// <param name="encrypt">Puts another stream over the connection's, if one is wanted.</param>
    internal RawClient(EndPoint endPoint, int receiveBufferBytes = 0, Func<Stream, Stream>? encrypt = null)
    {
        bool isTcp = endPoint is IPEndPoint;
        Socket = new Socket(
            endPoint.AddressFamily, SocketType.Stream, isTcp ? ProtocolType.Tcp : ProtocolType.Unspecified)
        {
            ReceiveTimeout = HangMs,
            SendTimeout = HangMs,
        };
        if (isTcp)
        {
            Socket.NoDelay = true;
        }

        if (receiveBufferBytes > 0)
        {
            Socket.ReceiveBufferSize = receiveBufferBytes;
        }

        Socket.Connect(endPoint);
        var network = new NetworkStream(Socket);
        _stream = encrypt is null ? network : encrypt(network);
    }

    internal Socket Socket { get; }

    internal void Send(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    internal void SendHex(string hex) =>
        Send(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    internal void Send(Action<IBufferWriter<byte>> write)
    {
        _output.ResetWrittenCount();
        write(_output);
        Send(_output.WrittenSpan);
    }

    internal void ShakeHands()
    {
        Send(output => RequestWriter.WriteHello(output, 1, 1, 1));
        Assert.Equal(ReplyStatus.Ok, Read().Status);
    }

    internal RawReply Read()
    {
        byte[] header = ReadExactly(BinaryProtocol.HeaderBytes);
        Assert.Equal(BinaryProtocol.ReplyMagic, header[0]);
        FrameHeader parsed = FrameHeader.Read(header);
        return new RawReply(parsed, ReadExactly((int)parsed.BodyBytes));
    }

    internal RawReply Ask(Action<IBufferWriter<byte>> write)
    {
        Send(write);
        return Read();
    }

    internal RawReply Ask(ReadOnlyMemory<byte> frame)
    {
        Send(frame.Span);
        return Read();
    }

    /// <summary>Sends a batch and reads all its results.</summary>
    internal IReadOnlyList<RawResult> Execute(BatchRequest batch)
    {
        // Not before the results: a server whose replies nobody takes stops reading.
        ReadOnlyMemory<byte> frame = batch.ToFrame(9);
        Task sending = Task.Run(() => Send(frame.Span));
        IReadOnlyList<RawResult> results = ReadResults(9);
        sending.Wait();
        return results;
    }

    internal IReadOnlyList<RawResult> ReadResults(uint id)
    {
        var results = new List<RawResult>();
        RawReply reply;
        do
        {
            reply = Read();
            Assert.Equal((id, ReplyStatus.Ok), (reply.Header.RequestId, reply.Status));
            Assert.True(reply.Flags.HasFlag(ReplyFlags.Results));
            ReadOnlySpan<byte> rest = reply.Body;
            while (BatchResult.TryRead(ref rest, out BatchResult result))
            {
                results.Add(new RawResult(result.Status, result.Value.ToArray()));
            }

            Assert.True(rest.IsEmpty);
        }
        while (reply.Flags.HasFlag(ReplyFlags.More));
        return results;
    }

    /// <summary>The server ends the connection and has nothing more to say.</summary>
    internal void AssertEnded() => Assert.Equal(0, _stream.Read(new byte[1]));

    internal byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int there = 0; there < count;)
        {
            int received = _stream.Read(bytes.AsSpan(there));
            Assert.True(received > 0, "the server closed the connection in the middle of what was expected");
            there += received;
        }

        return bytes;
    }

    public void Dispose()
    {
        _stream.Dispose();
        Socket.Dispose();
    }
}
