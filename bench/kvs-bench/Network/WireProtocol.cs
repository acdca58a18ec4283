using System.Net.Sockets;
using System.Text;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Network;

/// <summary>Requests and replies as bytes, on one connection.</summary>
/// <remarks>For one thread. Encodes and decodes in place and allocates nothing, but for what is wrong.</remarks>
internal abstract class WireProtocol
{
    private const int MaxShownBytes = 200;

    /// <summary>Makes the protocol of a connection.</summary>
    protected WireProtocol(PartSettings part)
    {
        Keys = part.KeyPattern;
        Values = part.ValuePattern;
    }

    /// <summary>Whether a request of several operations may both get and set.</summary>
    internal virtual bool MixesKinds => false;

    /// <summary>The most bytes that must have arrived before an answer can be taken.</summary>
    internal int MaxReplyBytes => ReplyHeadBytes + Values.MaxBytes;

    /// <summary>The part of <see cref="MaxReplyBytes"/> that is beside the value.</summary>
    protected abstract int ReplyHeadBytes { get; }

    /// <summary>What keys look like.</summary>
    protected KeyPattern Keys { get; }

    /// <summary>What values look like.</summary>
    protected ValuePattern Values { get; }

    /// <summary>Says what has to be said before the first request, and takes the answer.</summary>
    /// <param name="socket">Blocks, with time-outs.</param>
    internal virtual void ShakeHands(Socket socket)
    {
    }

    /// <summary>The most bytes that a request of so many operations takes.</summary>
    internal abstract int MaxRequestBytes(int operations);

    /// <summary>Writes a request.</summary>
    /// <returns>Its length.</returns>
    internal abstract int Write(Span<byte> output, in LoadRequest request);

    /// <summary>Takes the answers that have arrived.</summary>
    /// <param name="input">What has arrived and was not taken.</param>
    /// <param name="ring">Told of each answer.</param>
    /// <returns>How much of it was taken; what is behind that is the beginning of an answer.</returns>
    internal int Read(ReadOnlySpan<byte> input, RequestRing ring)
    {
        int taken = 0;
        while (taken < input.Length)
        {
            if (ring.Expected == 0)
            {
                throw Nonsense(input[taken..]);
            }

            int bytes = ReadOne(input[taken..], ring);
            if (bytes == 0)
            {
                break;
            }

            taken += bytes;
        }

        return taken;
    }

    /// <summary>Takes one answer; there is an operation that it can be about.</summary>
    /// <returns>Its length; 0 when it is not there as a whole.</returns>
    protected abstract int ReadOne(ReadOnlySpan<byte> input, RequestRing ring);

    /// <summary>Finds the end of the first line; -1 when that is not there yet.</summary>
    protected static int FindLineEnd(ReadOnlySpan<byte> input, int maxBytes)
    {
        int end = input[..Math.Min(input.Length, maxBytes)].IndexOf("\r\n"u8);
        return end == 0 || (end < 0 && input.Length >= maxBytes) ? throw Nonsense(input) : end;
    }

    /// <summary>Room for a key, prepared.</summary>
    protected static byte[] MakeKey(KeyPattern keys)
    {
        byte[] key = new byte[keys.MaxBytes];
        KeyPattern.Prepare(key);
        return key;
    }

    /// <summary>Waits for so many bytes.</summary>
    protected static byte[] Receive(Socket socket, int bytes)
    {
        byte[] received = new byte[bytes];
        for (int count = 0; count < bytes;)
        {
            int more = socket.Receive(received.AsSpan(count));
            count += more > 0
                ? more
                : throw new ProgramException($"{socket.RemoteEndPoint} closed the connection during the handshake.");
        }

        return received;
    }

    /// <summary>What to throw when what has arrived is no reply, or fits no request.</summary>
    protected static ProgramException Nonsense(ReadOnlySpan<byte> bytes) => new(
        $"The server sent what is no reply to what was asked: \"{Show(bytes)}\".");

    /// <summary>Bytes as text for people.</summary>
    protected static string Show(ReadOnlySpan<byte> bytes) => string.Concat(
        Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MaxShownBytes)])
            .Select(one => char.IsControl(one) ? $"\\x{(int)one:x2}" : one.ToString()));

    /// <summary>Copies bytes and returns what is behind them.</summary>
    protected static Span<byte> Put(Span<byte> output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output);
        return output[bytes.Length..];
    }

    /// <summary>Writes the value of a tag and returns what is behind it.</summary>
    protected Span<byte> PutValue(Span<byte> output, ulong tag)
    {
        Span<byte> value = output[..Values.BytesOf(tag)];
        Values.Prepare(value);
        ValuePattern.Write(value, tag);
        return output[value.Length..];
    }
}
