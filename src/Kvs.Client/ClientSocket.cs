using System.Net;
using System.Net.Sockets;

namespace Kvs.Client;

/// <summary>Opens sockets and words their errors.</summary>
internal static class ClientSocket
{
    /// <exception cref="KvsConnectionException">Nobody takes the connection.</exception>
    internal static Socket Connect(IPEndPoint endPoint, KvsClientOptions options)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // On another thread and not as an asynchronous connect: a socket that was asynchronous once waits through
            // the runtime's poller for ever after, which costs every blocking request a change of threads. A thread of
            // its own, as those of the pool may all be waiting for a connection.
            Task connecting = Task.Factory.StartNew(
                () => socket.Connect(endPoint),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            if (!connecting.Wait(options.ConnectTimeout))
            {
                throw CannotConnect(endPoint, $"no answer within {options.ConnectTimeout.TotalSeconds:0.###} s", null);
            }

            SetTimeouts(socket, options.OperationTimeout);
            return socket;
        }
        catch (AggregateException error) when (error.InnerException is SocketException inner)
        {
            socket.Dispose();
            throw CannotConnect(endPoint, Reason(inner.SocketErrorCode), inner);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The operating system's own words, without the address that the runtime adds to some.</summary>
    internal static string Reason(SocketError error) => new SocketException((int)error).Message;

    /// <summary>The error of whoever cannot connect.</summary>
    internal static KvsConnectionException CannotConnect(IPEndPoint endPoint, string reason, Exception? inner) =>
        new(endPoint, $"Cannot connect to {endPoint}: {reason}.", outcomeUnknown: false, inner);

    private static void SetTimeouts(Socket socket, TimeSpan timeout)
    {
        // 0 is the socket's word for ever.
        bool isForEver = timeout == Timeout.InfiniteTimeSpan;
        int timeoutMs = isForEver ? 0 : checked((int)Math.Ceiling(timeout.TotalMilliseconds));
        socket.SendTimeout = timeoutMs;
        socket.ReceiveTimeout = timeoutMs;
    }
}
