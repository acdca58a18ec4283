using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Kvs.Server.Transport;

/// <summary>Binds where a server is to listen; and whether it can, and should.</summary>
internal static class Listening
{
    /// <summary>Throws where anybody on the network could connect and nothing would ask who it is.</summary>
    /// <exception cref="KvsListenException">That is so.</exception>
    internal static void RequirePassword(KvsServerOptions options)
    {
        if (options.Password is null && !options.Insecure && options.EndPoints.FirstOrDefault(IsOpen) is { } open)
        {
            throw new KvsListenException(open,
                "other machines can connect there, and no password is set. Set one (--password-file), listen on " +
                "127.0.0.1, or say that it is meant so (--insecure)");
        }
    }

    /// <summary>Whether other machines can connect to it.</summary>
    internal static bool IsOpen(EndPoint endPoint) => endPoint is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address);

    /// <summary>Throws where it cannot be listened on now. Changes nothing.</summary>
    /// <exception cref="KvsListenException">It is in use, or not this machine's.</exception>
    internal static void Try(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint file)
        {
            UnixSocketFile.Check(file);
            return;
        }

        Bind(endPoint).Dispose();
    }

    /// <summary>Binds a socket, and fails in words that name the address.</summary>
    /// <exception cref="KvsListenException">It cannot be had.</exception>
    internal static Socket Bind(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint file)
        {
            return UnixSocketFile.Bind(file);
        }

        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException error)
        {
            throw new KvsListenException(endPoint, error.Message, error);
        }
    }
}
