using System.Buffers;
using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Tests.Resp;

/// <summary>Requests as one types them, and as clients send them.</summary>
internal static class RespText
{
    /// <summary>The arguments of a line, as the protocol's own parser of lines finds them.</summary>
    internal static byte[][] Split(string line)
    {
        using var decoder = new RespDecoder(RespLimits.Of(Limits.Default, isAuthenticated: true));
        var input = new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(line + "\r\n"));
        var batch = new RequestBatch();
        Assert.Equal(RespDecodeResult.Requests, decoder.Decode(ref input, batch, 1, out ReadOnlySpan<byte> bytes));
        RespRequest request = batch.Get(0, bytes);
        byte[][] arguments = new byte[request.Count][];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = request[i].ToArray();
        }

        return arguments;
    }

    /// <summary>A request as clients send it.</summary>
    internal static byte[] Encode(params byte[][] arguments)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{arguments.Length}\r\n")));
        foreach (byte[] argument in arguments)
        {
            output.Write(
                Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${argument.Length}\r\n")));
            output.Write(argument);
            output.Write("\r\n"u8);
        }

        return output.WrittenSpan.ToArray();
    }

    internal static byte[] Encode(string line) => Encode(Split(line));

    /// <summary>Bytes as a message of a test shows them.</summary>
    internal static string Show(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes, 0, Math.Min(bytes.Length, 600));
        return text.Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
    }
}
