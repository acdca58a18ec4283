using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kvs.Server.Tests.Support;

/// <summary>A certificate of the loopback address, as PEM files in a folder of its own, and what trusts it.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-tls-");
    private readonly string _thumbprint;

    internal TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kvs test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _thumbprint = certificate.Thumbprint;
        Write("cert.pem", certificate.ExportCertificatePem());
        Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        Write("encrypted.pem", key.ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write("other.pem", other.ExportPkcs8PrivateKeyPem());
        Write("empty.pem", "");
        Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    }

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    internal KvsServerCertificate Load() => KvsServerCertificate.Load(PathOf("cert.pem"), PathOf("key.pem"));

    /// <summary>A client's side of TLS over a stream; trusts this certificate and no other.</summary>
    internal Stream Encrypt(Stream stream, SslProtocols protocols = SslProtocols.None)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is X509Certificate2 shown && shown.Thumbprint == _thumbprint,
        });
        return tls;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
}
