using System.Net;
using System.Net.Sockets;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Network;

/// <summary>Connections that have said what they must and then say nothing.</summary>
internal sealed class IdleConnections : IDisposable
{
    private readonly List<Socket> _sockets = [];

    /// <summary>Connects.</summary>
    /// <param name="target">Who is talked to, and how.</param>
    /// <param name="part">What the others do.</param>
    /// <param name="count">How many there are to be, of all servers together.</param>
    internal IdleConnections(LoadTarget target, PartSettings part, int count)
    {
        try
        {
            for (int i = 0; i < count; i++)
            {
                IPEndPoint address = target.Addresses[i % target.Addresses.Count];
                _sockets.Add(LoadConnection.Connect(address, target.CreateProtocol(part)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
