using System.Security.Cryptography.X509Certificates;
using Kvs.Protocol;

namespace Kvs.Client;

/// <summary>How a client encrypts its connections over TCP, and which servers it trusts. Connections over Unix sockets
/// are never encrypted, as the server's are not.</summary>
/// <remarks>Not changed by clients; any number of them may share one.</remarks>
public sealed record KvsClientTls
{
    /// <summary>The name that the server's certificate must have; null, the default, for the address that the client
    /// connects to.</summary>
    public string? TargetHost { get; init; }

    /// <summary>What a server's certificate must be, or must have been issued with, to be trusted; null, the default,
    /// for the authorities that the system trusts.</summary>
    public X509Certificate2Collection? TrustedCertificates { get; init; }

    /// <summary>Trusts the certificates of a file, and no others.</summary>
    /// <param name="path">PEM: an authority's certificates, or one that a server has issued to itself.</param>
    /// <exception cref="KvsCertificateException">The file cannot be read, or is not what it should be.</exception>
    public static KvsClientTls Trusting(string path) => new() { TrustedCertificates = PemFile.ReadCertificates(path) };
}
