using System.Net.Sockets;

namespace Kvs.Server.Transport;

/// <summary>
/// The file that stands for a Unix socket. Whoever binds it makes it, and disposing of the socket removes it; a process
/// that was killed leaves it behind, and then nobody answers there.
/// </summary>
internal static class UnixSocketFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Throws where a server could not listen at the path. Changes nothing.</summary>
    /// <exception cref="KvsListenException">Something else is there, or no file can be.</exception>
    internal static void Check(UnixDomainSocketEndPoint endPoint)
    {
        string path = endPoint.ToString();
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(folder))
        {
            throw new KvsListenException(endPoint, $"the folder {folder} does not exist");
        }

        if (!Path.Exists(path) || (FileType.IsSocket(path) && !IsServed(endPoint)))
        {
            return;
        }

        throw new KvsListenException(endPoint, FileType.IsSocket(path)
            ? "another process is listening there"
            : "there is a file that is no socket");
    }

    /// <summary>Binds a socket which the owner of the process alone can connect to. Takes the place of a file that a
    /// server which was killed has left.</summary>
    /// <exception cref="KvsListenException">It cannot be bound.</exception>
    internal static Socket Bind(UnixDomainSocketEndPoint endPoint)
    {
        Check(endPoint);
        string path = endPoint.ToString();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (FileType.IsSocket(path))
            {
                File.Delete(path);
            }

            socket.Bind(endPoint);

            if (!OperatingSystem.IsWindows())
            {
                // Before it listens: until then, nobody can connect.
                File.SetUnixFileMode(path, OwnerOnly);
            }

            return socket;
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new KvsListenException(endPoint, error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>Whether a process listens there. In doubt, yes: only a refusal proves that none does.</summary>
    private static bool IsServed(UnixDomainSocketEndPoint endPoint)
    {
        try
        {
            // Not waiting: a server whose queue is full is a server.
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                Blocking = false,
            };
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
