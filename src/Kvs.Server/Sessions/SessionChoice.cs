using System.Buffers;
using System.Net;
using Kvs.Protocol.Binary;
using Kvs.Server.Sessions.Resp;

namespace Kvs.Server.Sessions;

/// <summary>Tells protocols apart by a connection's first byte.</summary>
internal static class SessionChoice
{
    /// <summary>A session for the protocol that begins so; null where none does: a browser, or a stray.</summary>
    internal static ISession? Choose(
        in ReadOnlySequence<byte> input, ServerContext context, EndPoint? remoteEndPoint)
    {
        var reader = new SequenceReader<byte>(input);
        return !reader.TryPeek(out byte first) ? null
            : first == BinaryProtocol.RequestMagic ? new BinarySession(context)
            : first == (byte)'*' || char.IsAsciiLetter((char)first) ? new RespSession(context, remoteEndPoint)
            : null;
    }
}
