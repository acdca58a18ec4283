using System.Net.Sockets;
using System.Text;

namespace Kvs.ServerProgram;

/// <summary>Tells systemd, where that has started the server as a unit of the type <c>notify</c>, how far it is.
/// </summary>
internal static class SystemdNotifier
{
    /// <summary>Where systemd listens: a path, or a name that begins with "@".</summary>
    private const string SocketVariable = "NOTIFY_SOCKET";

    /// <summary>The server takes connections.</summary>
    internal const string Ready = "READY=1";

    /// <summary>The server takes no more.</summary>
    internal const string Stopping = "STOPPING=1";

    /// <summary>Tells it, if anybody wants to know.</summary>
    internal static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable(SocketVariable) is not { Length: > 1 } path)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            // Who asked to be told is not there any more; data is served all the same.
        }
    }
}
