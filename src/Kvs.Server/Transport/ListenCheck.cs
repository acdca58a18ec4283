using System.Net;
using System.Net.Sockets;

namespace Kvs.Server.Transport;

/// <summary>Whether a server can listen somewhere, and whether it should.</summary>
internal static class ListenCheck
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

        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
        }
        catch (SocketException error)
        {
            throw new KvsListenException(endPoint, error.Message, error);
        }
    }
}
