using System.Buffers.Binary;
using System.Text;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Tests.Support;

/// <summary>A result of a batch as it came over the wire.</summary>
internal sealed record RawResult(ReplyStatus Status, byte[] Value)
{
    internal string Text => Encoding.UTF8.GetString(Value);

    internal ulong Number => BinaryPrimitives.ReadUInt64LittleEndian(Value);

    internal (ulong Version, ulong ExpiresAt, string Value) Info => (
        BinaryPrimitives.ReadUInt64LittleEndian(Value),
        BinaryPrimitives.ReadUInt64LittleEndian(Value.AsSpan(8)),
        Encoding.UTF8.GetString(Value.AsSpan(16)));
}
