using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;
using Kvs.Protocol.Binary;

namespace Kvs.Bench.Network;

/// <summary>The binary protocol of kvs, one operation in each request.</summary>
/// <remarks><c>docs/PROTOCOL.md</c> is its description.</remarks>
internal class FrameProtocol : WireProtocol
{
    private readonly byte[] _key;

    /// <summary>Makes the protocol of a connection.</summary>
    internal FrameProtocol(PartSettings part) : base(part) => _key = MakeKey(part.KeyPattern);

    /// <inheritdoc/>
    protected override int ReplyHeadBytes => BinaryProtocol.HeaderBytes + BinaryProtocol.MaxMessageBytes;

    /// <summary>The protocol for requests of so many operations.</summary>
    internal static WireProtocol Create(PartSettings part) =>
        part.Batch == 1 ? new FrameProtocol(part) : new FrameBatchProtocol(part);

    /// <inheritdoc/>
    internal override void ShakeHands(Socket socket)
    {
        var hello = new ArrayBufferWriter<byte>();
        RequestWriter.WriteHello(hello, requestId: 1, BinaryProtocol.Version, BinaryProtocol.Version);
        socket.Send(hello.WrittenSpan);
        byte[] reply = Receive(socket, BinaryProtocol.HeaderBytes);
        FrameHeader header = reply[0] == BinaryProtocol.ReplyMagic
            ? FrameHeader.Read(reply)
            : throw new ProgramException($"{socket.RemoteEndPoint} does not speak the binary protocol of kvs.");
        byte[] body = Receive(socket, (int)Math.Min(header.BodyBytes, BinaryProtocol.MaxMessageBytes));
        if (BinaryProtocol.IsError((ReplyStatus)header.Code))
        {
            throw new ProgramException($"{socket.RemoteEndPoint} refuses the connection: {Show(body)}");
        }
    }

    /// <inheritdoc/>
    internal override int MaxRequestBytes(int operations) =>
        BinaryProtocol.HeaderBytes + sizeof(uint) + Keys.MaxBytes + Values.MaxBytes;

    /// <inheritdoc/>
    internal override int Write(Span<byte> output, in LoadRequest request)
    {
        ReadOnlySpan<byte> key = KeyOf(request.Numbers[0]);
        Span<byte> body = output[BinaryProtocol.HeaderBytes..];
        Span<byte> rest;
        if (request.AreGets[0])
        {
            rest = Put(body, key);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)key.Length);
            rest = PutValue(Put(body[sizeof(uint)..], key), request.Tags[0]);
        }

        Operation operation = request.AreGets[0] ? Operation.Get : Operation.Set;
        new FrameHeader((byte)operation, 0, request.Id, (uint)(body.Length - rest.Length))
            .Write(output, BinaryProtocol.RequestMagic);
        return output.Length - rest.Length;
    }

    /// <inheritdoc/>
    protected override int ReadOne(ReadOnlySpan<byte> input, RequestRing ring)
    {
        if (input.Length < BinaryProtocol.HeaderBytes)
        {
            return 0;
        }

        FrameHeader header = FrameHeader.Read(input);
        if (input[0] != BinaryProtocol.ReplyMagic || header.RequestId != ring.ExpectedId ||
            header.BodyBytes > Math.Max(Values.MaxBytes, BinaryProtocol.MaxMessageBytes))
        {
            throw Nonsense(input);
        }

        int bytes = BinaryProtocol.HeaderBytes + (int)header.BodyBytes;
        if (input.Length < bytes)
        {
            return 0;
        }

        ReadOnlySpan<byte> body = input[BinaryProtocol.HeaderBytes..bytes];
        switch ((ReplyStatus)header.Code)
        {
            case ReplyStatus.Ok when ring.IsGetExpected:
                ring.TakeValue(body);
                break;
            case ReplyStatus.Ok:
                ring.TakeDone(1);
                break;
            case ReplyStatus.NotFound:
                ring.TakeMissing();
                break;
            default:
                ring.TakeFailure("the server answers: " + Show(body), ring.Expected);
                break;
        }

        return bytes;
    }

    /// <summary>The key of a number; valid until the next one.</summary>
    protected ReadOnlySpan<byte> KeyOf(long number) =>
        _key.AsSpan(0, Keys.Write(_key, number, ValuePattern.TagOf(number)));
}
