using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Kvs.Client.Transport;

/// <summary>Decides for one connection whether the server is the one that is meant, and keeps the reason where it is
/// not: the runtime's own error does not have it.</summary>
internal sealed class ServerTrust
{
    private readonly string _name;

    internal ServerTrust(IPEndPoint endPoint, KvsClientTls options)
    {
        _name = options.TargetHost ?? endPoint.Address.ToString();
        Options = new SslClientAuthenticationOptions { TargetHost = _name };
        if (options.TrustedCertificates is not { } trusted)
        {
            return;
        }

        Options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,

            // What is trusted is at hand. Nothing is asked for elsewhere, as by default.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        Options.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
    }

    /// <summary>With what the handshake begins.</summary>
    internal SslClientAuthenticationOptions Options { get; }

    /// <summary>Why the server is not trusted; null where it is, or has shown nothing.</summary>
    internal string? WhyNot { get; private set; }

    /// <summary>Called with what the server has shown, and what was found wrong with it.</summary>
    internal bool Accepts(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        WhyNot = errors == SslPolicyErrors.None ? null
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? $"its certificate is not trusted ({Describe(chain)})"
            : $"its certificate is not for {_name}";
        return WhyNot is null;
    }

    private static string Describe(X509Chain? chain) => string.Join(", ",
        (chain?.ChainStatus ?? []).Select(static status => status.StatusInformation.TrimEnd('.', '\n')).Distinct());
}
