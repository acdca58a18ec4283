using Kvs.Server.Transport;
using Kvs.Server.Transport.Epoll;
using Kvs.Server.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace Kvs.Server;

/// <summary>The transports by name. Any thread may call any member.</summary>
public static class KvsTransports
{
    private static readonly Dictionary<string, KvsTransport> s_byName = new()
    {
        ["epoll"] = KvsTransport.Epoll,
        ["kestrel"] = KvsTransport.Kestrel,
    };

    /// <summary>The names of all transports that this machine has, for messages.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. s_byName.Where(named => IsSupported(named.Value)).Select(named => named.Key)];

    /// <summary>The fastest that this machine has.</summary>
    public static KvsTransport Default => EpollTransport.IsSupported ? KvsTransport.Epoll : KvsTransport.Kestrel;

    /// <summary>The transport of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static KvsTransport Parse(string name) => s_byName[name];

    /// <summary>The name of a transport.</summary>
    /// <exception cref="InvalidOperationException">It is none of them.</exception>
    public static string NameOf(KvsTransport transport) =>
        s_byName.First(named => named.Value == transport).Key;

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
