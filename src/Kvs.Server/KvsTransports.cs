using Kvs.Server.Transport;
using Kvs.Server.Transport.Epoll;
using Kvs.Server.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace Kvs.Server;

/// <summary>The transports by name. Any thread may call any member.</summary>
public static class KvsTransports
{
    /// <summary>The names of all transports that this machine has, for messages.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Enum.GetValues<KvsTransport>().Where(IsSupported).Select(NameOf)];

    /// <summary>The fastest that this machine has.</summary>
    public static KvsTransport Default => EpollTransport.IsSupported ? KvsTransport.Epoll : KvsTransport.Kestrel;

    /// <summary>The transport of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static KvsTransport Parse(string name) => Enum.Parse<KvsTransport>(name, ignoreCase: true);

    /// <summary>The name of a transport.</summary>
    public static string NameOf(KvsTransport transport) => transport.ToString().ToLowerInvariant();

    internal static bool IsSupported(KvsTransport transport) => transport switch
    {
        KvsTransport.Epoll => EpollTransport.IsSupported,
        KvsTransport.Kestrel => true,
        _ => false,
    };

    internal static ITransport Create(KvsServerOptions options, ILoggerFactory loggers) => options.Transport switch
    {
        KvsTransport.Epoll => new EpollTransport(options, loggers),
        _ => new KestrelTransport(options, loggers),
    };
}
