using System.Buffers.Text;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Network;

/// <summary>
/// memcached's meta protocol. Several operations are sent one after the other without waiting, and count as one request
/// when all are answered.
/// </summary>
/// <remarks><code>
/// get   = "mg" SP key " v" [ " b" ] CRLF            answered by "VA" SP bytes CRLF value CRLF | "EN" CRLF
/// set   = "ms" SP key SP bytes [ " b" ] CRLF value CRLF                  answered by "HD" CRLF
/// </code>
/// Binary keys are sent in base64 (the flag b); the server stores them as they are.</remarks>
internal sealed class MemcachedProtocol(PartSettings part) : WireProtocol(part)
{
    /// <summary>Bytes of an operation beside key and value.</summary>
    private const int HeadBytes = 64;

    private const int MaxLineBytes = 1024;

    private readonly byte[] _key = MakeKey(part.KeyPattern);

    /// <inheritdoc/>
    protected override int ReplyHeadBytes => MaxLineBytes;

    /// <inheritdoc/>
    internal override int MaxRequestBytes(int operations) =>
        operations * (Base64.GetMaxEncodedToUtf8Length(Keys.MaxBytes) + Values.MaxBytes + HeadBytes);

    /// <inheritdoc/>
    internal override int Write(Span<byte> output, in LoadRequest request)
    {
        Span<byte> rest = output;
        for (int i = 0; i < request.Count; i++)
        {
            rest = Put(rest, request.AreGets[i] ? "mg "u8 : "ms "u8);
            rest = PutKey(rest, request.Numbers[i]);
            rest = request.AreGets[i] ? Put(rest, " v"u8) : PutLength(rest, Values.BytesOf(request.Tags[i]));
            rest = Put(rest, Keys.IsText ? "\r\n"u8 : " b\r\n"u8);
            if (!request.AreGets[i])
            {
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

        ReadOnlySpan<byte> line = input[..end];
        int lineBytes = end + 2;
        if (line.SequenceEqual("HD"u8))
        {
            ring.TakeDone(1);
        }
        else if (line.SequenceEqual("EN"u8))
        {
            ring.TakeMissing();
        }
        else if (line.StartsWith("VA "u8))
        {
            return ReadValue(input, line[3..], lineBytes, ring);
        }
        else
        {
            ring.TakeFailure("the server answers: " + Show(line), 1);
        }

        return lineBytes;
    }

    private static Span<byte> PutLength(Span<byte> output, int valueBytes)
    {
        output[0] = (byte)' ';
        _ = Utf8Formatter.TryFormat(valueBytes, output[1..], out int digits);
        return output[(1 + digits)..];
    }

    private Span<byte> PutKey(Span<byte> output, long number)
    {
        ReadOnlySpan<byte> key = _key.AsSpan(0, Keys.Write(_key, number, ValuePattern.TagOf(number)));
        if (Keys.IsText)
        {
            return Put(output, key);
        }

        _ = Base64.EncodeToUtf8(key, output, out _, out int written);
        return output[written..];
    }

    /// <summary>Takes a value; 0 when it is not there as a whole.</summary>
    private int ReadValue(ReadOnlySpan<byte> input, ReadOnlySpan<byte> length, int lineBytes, RequestRing ring)
    {
        if (!Utf8Parser.TryParse(length, out int valueBytes, out _) || valueBytes < 0 || valueBytes > Values.MaxBytes)
        {
            throw Nonsense(input);
        }

        int bytes = lineBytes + valueBytes + 2;
        if (input.Length < bytes)
        {
            return 0;
        }

        ring.TakeValue(input.Slice(lineBytes, valueBytes));
        return bytes;
    }
}
