using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kvs.Protocol;

namespace Kvs.Server;

/// <summary>What a server shows its clients under TLS: a certificate with its key, and the certificates above it.
/// </summary>
/// <remarks>Any thread may use it. Not disposed by servers, which may share it.</remarks>
public sealed class KvsServerCertificate : IDisposable
{
    private KvsServerCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        Certificate = certificate;
        Chain = chain;
    }

    /// <summary>The server's own certificate, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>All certificates of the file: the server's own, and those that clients may need to trust it.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>Reads PEM files.</summary>
    /// <param name="certificatePath">The server's certificate, then those that it was issued with, if any.</param>
    /// <param name="keyPath">Its private key, not encrypted.</param>
    /// <exception cref="KvsCertificateException">A file cannot be read, is not what it should be, or the key is not
    /// that of the certificate.</exception>
    public static KvsServerCertificate Load(string certificatePath, string keyPath)
    {
        string certificateText = PemFile.ReadText(certificatePath);
        string keyText = PemFile.ReadText(keyPath);
        X509Certificate2Collection chain = PemFile.ParseCertificates(certificatePath, certificateText);
        CheckKey(keyPath, keyText);
        try
        {
            return new KvsServerCertificate(X509Certificate2.CreateFromPem(certificateText, keyText), chain);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new KvsCertificateException(
                keyPath, $"it is not the key of the certificate in {certificatePath}", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 certificate in Chain)
        {
            certificate.Dispose();
        }
    }

    private static void CheckKey(string path, string text)
    {
        // Not the first thing in the file by all means: some programs write the parameters of a curve before it.
        string? label = FindLabels(text).Find(label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal));
        if (label is null)
        {
            throw new KvsCertificateException(path, "there is no PEM private key in it");
        }

        if (label.StartsWith("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new KvsCertificateException(path, "the key is encrypted; give one that is not (openssl pkey)");
        }
    }

    private static List<string> FindLabels(ReadOnlySpan<char> text)
    {
        List<string> labels = [];
        while (PemEncoding.TryFind(text, out PemFields found))
        {
            labels.Add(text[found.Label].ToString());
            text = text[found.Location.End..];
        }

        return labels;
    }
}
