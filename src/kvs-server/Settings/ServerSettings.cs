using System.Net;
using Kvs.Server;
using Kvs.ServerProgram.Logging;
using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram.Settings;

/// <summary>What a run of the server was asked to be.</summary>
internal sealed record ServerSettings
{
    /// <summary>The engine's name; null for the one that the folder was made with.</summary>
    public string? Engine { get; init; }

    public string Folder { get; init; } = "";

    public string Pool { get; init; } = "";

    public int Threads { get; init; }

    /// <summary>How the server listens and what it bears, but for what is in files.</summary>
    public KvsServerOptions Server { get; init; } = new();

    public KvStoreOptions Store { get; init; } = new();

    /// <summary>The file of the password; null for no password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>The file of the certificate; null for no TLS.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The file of the certificate's key.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>Where figures are shown over HTTP; null for nowhere.</summary>
    public IPEndPoint? Http { get; init; }

    public LogFormat LogFormat { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
