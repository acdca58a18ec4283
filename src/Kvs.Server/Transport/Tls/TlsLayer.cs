using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport.Tls;

/// <summary>
/// Encrypts connections of any transport. Kestrel has a layer of its own for it, which needs a container of services
/// for HTTP; what is left without that is this little.
/// </summary>
/// <remarks>Any thread may call any member.</remarks>
internal sealed class TlsLayer
{
    private readonly SslServerAuthenticationOptions _options;
    private readonly TimeSpan _handshakeTimeout;
    private readonly ILogger _logger;

    private TlsLayer(KvsServerCertificate certificate, TimeSpan handshakeTimeout, ILogger logger)
    {
        _options = new SslServerAuthenticationOptions
        {
            // A client could make a server compute for ever.
            AllowRenegotiation = false,

            // Offline: what is above the certificate is in its file, and is looked for nowhere else.
            ServerCertificateContext = SslStreamCertificateContext.Create(
                certificate.Certificate, certificate.Chain, offline: true),
        };
        _handshakeTimeout = handshakeTimeout;
        _logger = logger;
    }

    /// <summary>The layer that the options ask for; null where they ask for none.</summary>
    internal static TlsLayer? Create(KvsServerOptions options, ILoggerFactory loggers) => options.Certificate is null
        ? null
        : new TlsLayer(options.Certificate, options.HandshakeTimeout, loggers.CreateLogger<TlsLayer>());

    /// <summary>Shakes hands, then has the connection served; returns when it has ended.</summary>
    internal async Task ServeAsync(ITransportConnection plain, Func<ITransportConnection, Task> serve)
    {
        var tls = new SslStream(new TransportStream(plain), leaveInnerStreamOpen: true);
        await using (tls.ConfigureAwait(false))
        {
            if (await TryShakeHandsAsync(tls, plain).ConfigureAwait(false))
            {
                await serve(new TlsConnection(plain, tls)).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryShakeHandsAsync(SslStream tls, ITransportConnection plain)
    {
        using var limit = new CancellationTokenSource(_handshakeTimeout);
        try
        {
            await tls.AuthenticateAsServerAsync(_options, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (
            error is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            TransportLog.HandshakeFailed(_logger, error, plain.RemoteEndPoint);
            return false;
        }
    }
}
