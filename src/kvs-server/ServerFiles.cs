using System.Text;
using Kvs.CommandLine;
using Kvs.Protocol;
using Kvs.Protocol.Binary;
using Kvs.Server;
using Kvs.ServerProgram.Settings;

namespace Kvs.ServerProgram;

/// <summary>Reads the files that settings name: what must not stand in a command line, where every user sees it.
/// </summary>
internal static class ServerFiles
{
    /// <summary>The server's options with what is in the files.</summary>
    /// <exception cref="ProgramException">A file is missing, or not what it should be.</exception>
    /// <exception cref="KvsCertificateException">The same, of certificate and key.</exception>
    internal static KvsServerOptions Read(ServerSettings settings)
    {
        if (settings.TlsCertificateFile is null != settings.TlsKeyFile is null)
        {
            throw new ProgramException("TLS takes a certificate and its key: give both, --tls-cert and --tls-key.");
        }

        return settings.Server with
        {
            Password = settings.PasswordFile is null ? null : ReadPassword(settings.PasswordFile),
            Certificate = settings.TlsCertificateFile is null
                ? null
                : KvsServerCertificate.Load(settings.TlsCertificateFile, settings.TlsKeyFile!),
        };
    }

    private static string ReadPassword(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException($"The password cannot be read: {error.Message}", error);
        }

        string password = text.TrimEnd('\r', '\n');
        if (password.Length == 0 || password.AsSpan().ContainsAny('\r', '\n'))
        {
            throw new ProgramException($"{path} must hold a password and nothing else: one line, not empty.");
        }

        return Encoding.UTF8.GetByteCount(password) <= BinaryProtocol.MaxPasswordBytes
            ? password
            : throw new ProgramException(
                $"The password in {path} is longer than {BinaryProtocol.MaxPasswordBytes} bytes.");
    }
}
