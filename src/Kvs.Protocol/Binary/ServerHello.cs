namespace Kvs.Protocol.Binary;

/// <summary>What a server answers to the handshake.</summary>
/// <param name="Version">The version of the protocol that both speak from now on.</param>
/// <param name="MaxKeyBytes">The longest key, in bytes.</param>
/// <param name="MaxValueBytes">The longest value, in bytes.</param>
/// <param name="MaxRequestBytes">The longest body of a request, in bytes.</param>
/// <param name="MaxReplyBytes">The longest body of a reply, in bytes.</param>
public readonly record struct ServerHello(
    ushort Version, uint MaxKeyBytes, uint MaxValueBytes, uint MaxRequestBytes, uint MaxReplyBytes);
