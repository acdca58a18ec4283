using System.Net;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Network;

/// <summary>Who is talked to, and how.</summary>
/// <param name="Addresses">The servers that share the keys.</param>
/// <param name="CreateProtocol">Makes the protocol of a connection.</param>
/// <param name="Clients">Connections of all servers together; they take the servers by turns.</param>
/// <param name="InFlight">Requests that may be unanswered on each.</param>
internal sealed record LoadTarget(IReadOnlyList<IPEndPoint> Addresses, Func<PartSettings, WireProtocol> CreateProtocol,
    int Clients, int InFlight);
