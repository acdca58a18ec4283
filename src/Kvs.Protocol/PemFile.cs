using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kvs.Protocol;

/// <summary>Reads what both sides of TLS have in files. Any thread may call any member.</summary>
public static class PemFile
{
    /// <summary>All certificates of a file, in its order; at least one.</summary>
    /// <exception cref="KvsCertificateException">It cannot be read, or is not what it should be.</exception>
    public static X509Certificate2Collection ReadCertificates(string path) => ParseCertificates(path, ReadText(path));

    /// <summary>All certificates of a file that has been read.</summary>
    /// <exception cref="KvsCertificateException">It is not what it should be.</exception>
    public static X509Certificate2Collection ParseCertificates(string path, string text)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            throw new KvsCertificateException(path, $"its certificates are broken ({error.Message})", error);
        }

        return certificates.Count > 0
            ? certificates
            : throw new KvsCertificateException(path, "there is no PEM certificate in it");
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="KvsCertificateException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KvsCertificateException(path, error is FileNotFoundException or DirectoryNotFoundException
                ? "there is no such file"
                : error.Message.TrimEnd('.'), error);
        }
    }
}
