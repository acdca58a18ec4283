using System.Diagnostics.Tracing;

namespace Kvs.Monitoring;

/// <summary>The event source <c>Kvs</c>: what <see cref="StoreEvents"/> has to tell, for listeners, dotnet-trace and
/// the like. docs/OPERATIONS.md lists the events; a number once given keeps its meaning.</summary>
[EventSource(Name = SourceName)]
internal sealed class KvsEventSource : EventSource
{
    internal const string SourceName = "Kvs";

    private KvsEventSource()
    {
    }

    internal static KvsEventSource Log { get; } = new();

    [Event(1, Level = EventLevel.Informational)]
    public void StoreOpened(string store, double milliseconds, long keys, int segments) =>
        Send(1, store, milliseconds, keys, segments);

    [Event(2, Level = EventLevel.Warning)]
    public void StoreRecovered(string store, bool isAfterPowerCut, int holes, long droppedBytes, double milliseconds,
        string message) => Send(2, store, isAfterPowerCut, holes, droppedBytes, milliseconds, message);

    [Event(3, Level = EventLevel.Critical)]
    public void StorePoisoned(string store, string message) => Send(3, store, message);

    [Event(4, Level = EventLevel.Informational)]
    public void CompactionFinished(string store, int segments, long copiedBytes, long reclaimedBytes,
        double milliseconds) => Send(4, store, segments, copiedBytes, reclaimedBytes, milliseconds);

    [Event(5, Level = EventLevel.Warning)]
    public void CompactionFailed(string store, string message) => Send(5, store, message);

    [Event(6, Level = EventLevel.Warning)]
    public void WritesHeldBack(string store) => Send(6, store);

    [Event(7, Level = EventLevel.Informational)]
    public void WritesLetGo(string store, double milliseconds) => Send(7, store, milliseconds);

    [Event(8, Level = EventLevel.Error)]
    public void DiskFull(string store, string message) => Send(8, store, message);

    [Event(9, Level = EventLevel.Informational)]
    public void DiskHasRoom(string store, string message) => Send(9, store, message);

    [Event(10, Level = EventLevel.Warning)]
    public void FooterRebuilt(string store, string path, string message) => Send(10, store, path, message);

    [Event(11, Level = EventLevel.Error)]
    public void DamageFound(string store, string path, long offset, string message) =>
        Send(11, store, path, offset, message);

    [Event(12, Level = EventLevel.Warning)]
    public void FileLeftBehind(string store, string path, string message) => Send(12, store, path, message);

    [Event(13, Level = EventLevel.Warning)]
    public void Warned(string store, string message) => Send(13, store, message);

    [NonEvent]
    private void Send(int id, params object[] payload)
    {
        if (IsEnabled())
        {
            WriteEvent(id, payload);
        }
    }
}
