using System.Buffers;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Sessions;

/// <summary>Tells protocols apart by a connection's first byte.</summary>
internal static class SessionChoice
{
    /// <summary>A session for the protocol that begins so; null where none does: a browser, or a stray.</summary>
    internal static ISession? Choose(in ReadOnlySequence<byte> input, ServerContext context)
    {
        var reader = new SequenceReader<byte>(input);
        return reader.TryPeek(out byte first) && first == BinaryProtocol.RequestMagic
            ? new BinarySession(context)
            : null;
    }
}
