using System.Buffers;
using System.Text;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Tests.Support;

/// <summary>Requests with strings, for tests.</summary>
internal static class Requests
{
    internal static void Set(this IBufferWriter<byte> output, uint id, string key, ReadOnlySpan<byte> value)
    {
        RequestWriter.WriteSetBeforeValue(output, id, Encoding.UTF8.GetBytes(key), value.Length);
        output.Write(value);
    }

    internal static void Get(this IBufferWriter<byte> output, uint id, string key) =>
        RequestWriter.WriteGet(output, id, Encoding.UTF8.GetBytes(key));

    internal static void Ping(this IBufferWriter<byte> output, uint id) => RequestWriter.WritePing(output, id);

    internal static void Frame(
        this IBufferWriter<byte> output, byte code, ushort flags, uint id, ReadOnlySpan<byte> body)
    {
        Span<byte> header = output.GetSpan(BinaryProtocol.HeaderBytes);
        new FrameHeader(code, flags, id, (uint)body.Length).Write(header, BinaryProtocol.RequestMagic);
        output.Advance(BinaryProtocol.HeaderBytes);
        output.Write(body);
    }
}
