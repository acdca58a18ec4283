using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kvs.Testing;

/// <summary>A certificate of the loopback address, as PEM files in a folder of its own, and what trusts it.</summary>
public sealed class TestCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-tls-");
    private readonly string _thumbprint;

    /// <summary>Makes the files cert.pem and key.pem, and some that cannot be used.</summary>
    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kvs test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Loopback());
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

    /// <summary>Where a file is.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Makes an authority's certificate, and one of the loopback address that it has issued, with its key.
    /// </summary>
    public void Issue(string authorityName, string issuedName, string keyName)
    {
        DateTimeOffset begin = DateTimeOffset.UtcNow.AddDays(-1);
        DateTimeOffset end = DateTimeOffset.UtcNow.AddDays(1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=kvs authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(begin, end);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kvs issued", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Loopback());
        using X509Certificate2 issued = request.Create(authority, begin.AddHours(1), end.AddHours(-1), [1]);
        Write(authorityName, authority.ExportCertificatePem());
        Write(issuedName, issued.ExportCertificatePem());
        Write(keyName, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's side of TLS over a stream; trusts this certificate and no other.</summary>
    public Stream Encrypt(Stream stream, SslProtocols protocols = SslProtocols.None)
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

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static X509Extension Loopback()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        return names.Build();
    }

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
}
