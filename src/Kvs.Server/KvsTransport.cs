namespace Kvs.Server;

/// <summary>What carries a server's bytes.</summary>
public enum KvsTransport
{
    /// <summary>Sockets that threads of the server's own wait for: the fastest. Linux.</summary>
    Epoll,

    /// <summary>The sockets of ASP.NET Core, everywhere.</summary>
    Kestrel,
}
