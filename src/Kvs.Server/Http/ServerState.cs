using System.Diagnostics;

namespace Kvs.Server.Http;

/// <summary>How far a server is, as it is shown over HTTP.</summary>
/// <remarks>Any thread may call any member: what changes is one reference.</remarks>
internal sealed class ServerState
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private volatile Phase _phase = new("opening", "The store is being opened.", null);

    internal TimeSpan Uptime => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>One word for the state: <c>opening</c>, <c>ready</c>, <c>read-only</c>, <c>stopping</c>;
    /// and where it is not ready, why.
    /// </summary>
    internal (string Name, string? Reason) Read()
    {
        Phase phase = _phase;
        if (phase.Engine is null)
        {
            return (phase.Name, phase.Reason);
        }

        try
        {
            return (phase.Engine.GetStatistics() as KvStoreStatistics)?.PoisonReason is { } reason
                ? ("read-only", $"Writes are stopped: {reason}")
                : (phase.Name, null);
        }
        catch (ObjectDisposedException)
        {
            // Closed between the two looks at it.
            return ("stopping", "The store is closed.");
        }
    }

    /// <summary>The engine's name; null while none is open.</summary>
    internal string? Engine => _phase.Engine?.Name;

    internal void Serving(IKvsEngine engine) => _phase = new Phase("ready", null, engine);

    internal void Stopping() => _phase = new Phase("stopping", "The server is stopping.", null);

    private sealed record Phase(string Name, string? Reason, IKvsEngine? Engine);
}
