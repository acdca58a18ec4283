using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace Kvs.Server.Monitoring;

/// <summary>
/// The servers' part of the meter <c>Kvs</c>: the figures of all servers that run in this process, each with its first
/// address as the tag <c>server</c>. docs/OPERATIONS.md lists the instruments.
/// </summary>
/// <remarks>Any thread may call any member. As of the stores' part, there is one set of instruments for all.</remarks>
internal static class ServerMeter
{
    internal const string Name = "Kvs";

    private static readonly Meter s_meter = new(Name, typeof(ServerMeter).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);

    private static ImmutableList<ServerFigures> s_servers = [];

    static ServerMeter()
    {
        _ = s_meter.CreateObservableGauge("kvs.server.connections", () => Measure(figures => figures.Connections),
            "{connection}", "Clients that are connected");
        Counter("kvs.server.connections.accepted", "{connection}", "Clients that connected",
            figures => figures.Accepted);
        Counter("kvs.server.connections.refused", "{connection}", "Clients beyond the limit",
            figures => figures.Refused);
        Counter("kvs.server.connections.timed_out", "{connection}", "Clients too slow, or idle for too long",
            figures => figures.TimedOut);
        Counter("kvs.server.connections.strayed", "{connection}", "Clients that spoke no protocol of the server",
            figures => figures.Strayed);
        Counter("kvs.server.requests", "{request}", "Requests executed", figures => figures.Requests);
        Counter("kvs.server.requests.failed", "{request}", "Requests that failed in a way nobody foresaw",
            figures => figures.Failed);
        Counter("kvs.server.rounds", "{round}", "Times that the requests of a connection were executed together",
            figures => figures.Rounds);
        Counter("kvs.server.received", "By", "Requests received", figures => figures.ReceivedBytes);
        Counter("kvs.server.sent", "By", "Replies sent", figures => figures.SentBytes);
    }

    /// <summary>From when the bytes of a round had come until its replies were about to be sent.</summary>
    internal static Histogram<double> RoundDuration { get; } = s_meter.CreateHistogram<double>(
        "kvs.server.round.duration", "s", "How long requests that came together took, until their replies were sent");

    /// <summary>Shows the figures of a server from now on.</summary>
    internal static void Add(ServerFigures figures) =>
        _ = ImmutableInterlocked.Update(ref s_servers, servers => servers.Add(figures));

    /// <summary>Forgets a server.</summary>
    internal static void Remove(ServerFigures figures) =>
        _ = ImmutableInterlocked.Update(ref s_servers, servers => servers.Remove(figures));

    private static void Counter(string name, string unit, string description, Func<ServerFigures, long> figure) =>
        _ = s_meter.CreateObservableCounter(name, () => Measure(figure), unit, description);

    private static ImmutableList<Measurement<long>> Measure(Func<ServerFigures, long> figure) =>
        Volatile.Read(ref s_servers).ConvertAll(figures => new Measurement<long>(figure(figures), figures.Tag));
}
