using System.Buffers.Text;
using System.Net.Sockets;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Network;

/// <summary>
/// The Redis protocol: GET and SET, MGET and MSET for several operations in one request.
/// </summary>
/// <remarks><code>
/// request = "*" parts CRLF 1*( "$" bytes CRLF part CRLF )
/// reply   = "$" bytes CRLF value CRLF | "$-1" CRLF | "+OK" CRLF | "-" error CRLF | "*" count CRLF 1*reply
/// </code></remarks>
internal sealed class RespProtocol(PartSettings part) : WireProtocol(part)
{
    /// <summary>Bytes of a request beside keys and values.</summary>
    private const int HeadBytes = 64;

    /// <summary>Bytes of a part of a request beside itself: "$", its length, two line ends.</summary>
    private const int PartBytes = 16;

    /// <summary>Where an error is longer than that, its end is not waited for.</summary>
    private const int MaxLineBytes = 1024;

    private readonly byte[] _key = MakeKey(part.KeyPattern);

    /// <summary>Values of the oldest request that are still to come as parts of one reply.</summary>
    private int _remaining;

    /// <inheritdoc/>
    protected override int ReplyHeadBytes => MaxLineBytes;

    /// <inheritdoc/>
    internal override void ShakeHands(Socket socket)
    {
        // A server that has no room for another client says so now, and not in the middle of everything.
        ReadOnlySpan<byte> pong = "+PONG\r\n"u8;
        socket.Send("*1\r\n$4\r\nPING\r\n"u8);
        byte[] reply = Receive(socket, pong.Length);
        if (!pong.SequenceEqual(reply))
        {
            throw new ProgramException($"{socket.RemoteEndPoint} does not answer PING with PONG: {Show(reply)}...");
        }
    }

    /// <inheritdoc/>
    internal override int MaxRequestBytes(int operations) =>
        HeadBytes + (operations * (Keys.MaxBytes + Values.MaxBytes + (2 * PartBytes)));

    /// <inheritdoc/>
    internal override int Write(Span<byte> output, in LoadRequest request)
    {
        bool isGet = request.AreGets[0];
        int count = request.Count;
        Span<byte> rest = PutNumber(Put(output, "*"u8), ((isGet ? 1 : 2) * count) + 1);
        rest = Put(rest, (isGet, count) switch
        {
            (true, 1) => "$3\r\nGET\r\n"u8,
            (true, _) => "$4\r\nMGET\r\n"u8,
            (false, 1) => "$3\r\nSET\r\n"u8,
            _ => "$4\r\nMSET\r\n"u8,
        });
        for (int i = 0; i < count; i++)
        {
            long number = request.Numbers[i];
            int keyBytes = Keys.Write(_key, number, ValuePattern.TagOf(number));
            rest = PutPart(rest, _key.AsSpan(0, keyBytes));
            if (!isGet)
            {
                rest = PutNumber(Put(rest, "$"u8), Values.BytesOf(request.Tags[i]));
                rest = Put(PutValue(rest, request.Tags[i]), "\r\n"u8);
            }
        }

        return output.Length - rest.Length;
    }

    /// <inheritdoc/>
    protected override int ReadOne(ReadOnlySpan<byte> input, RequestRing ring)
    {
        int end = FindLineEnd(input, MaxLineBytes);
        if (end < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> line = input[1..end];
        int lineBytes = end + 2;
        switch (input[0])
        {
            case (byte)'$':
                int valueBytes = ReadValue(input, ReadNumber(line, input), lineBytes, ring);
                return valueBytes < 0 ? 0 : lineBytes + valueBytes;
            case (byte)'+' when line.SequenceEqual("OK"u8) && _remaining == 0:
                ring.TakeDone(ring.Expected);
                return lineBytes;
            case (byte)'*' when _remaining == 0 && ReadNumber(line, input) == ring.Expected:
                _remaining = ring.Expected;
                return lineBytes;
            case (byte)'-':
                ring.TakeFailure("the server answers: " + Show(line), _remaining > 0 ? 1 : ring.Expected);
                _remaining = Math.Max(0, _remaining - 1);
                return lineBytes;
            default:
                throw Nonsense(input);
        }
    }

    private static Span<byte> PutNumber(Span<byte> output, int number)
    {
        _ = Utf8Formatter.TryFormat(number, output, out int written);
        return Put(output[written..], "\r\n"u8);
    }

    private static Span<byte> PutPart(Span<byte> output, ReadOnlySpan<byte> bytes) =>
        Put(Put(PutNumber(Put(output, "$"u8), bytes.Length), bytes), "\r\n"u8);

    private static int ReadNumber(ReadOnlySpan<byte> line, ReadOnlySpan<byte> input) =>
        Utf8Parser.TryParse(line, out int number, out int bytes) && bytes == line.Length
            ? number
            : throw Nonsense(input);

    /// <summary>Takes a value; returns the bytes behind the line of its length, or -1 when it is not there as a whole.
    /// </summary>
    private int ReadValue(ReadOnlySpan<byte> input, int valueBytes, int lineBytes, RequestRing ring)
    {
        if (_remaining == 0 && ring.Expected != 1)
        {
            throw Nonsense(input);
        }

        int bytes = 0;
        if (valueBytes < 0)
        {
            ring.TakeMissing();
        }
        else
        {
            bytes = valueBytes + 2;
            if (valueBytes > Values.MaxBytes)
            {
                throw Nonsense(input);
            }

            if (input.Length - lineBytes < bytes)
            {
                return -1;
            }

            ring.TakeValue(input.Slice(lineBytes, valueBytes));
        }

        _remaining = Math.Max(0, _remaining - 1);
        return bytes;
    }
}
