using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram.Logging;

/// <summary>Writes the events of the store to the log, with all that they carry. For programs: people are told in words
/// by the store itself.</summary>
internal sealed class StoreEventLog : EventListener
{
    private const string SourceName = "Kvs";
    private const string MessageField = "message";

    // Not there yet while the base class tells of sources that exist already.
    private readonly ServerLog? _log;

    internal StoreEventLog(ServerLog log) => _log = log;

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == SourceName)
        {
            EnableEvents(eventSource, EventLevel.Informational);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (_log is null || eventData.PayloadNames is null || eventData.Payload is null)
        {
            return;
        }

        string message = eventData.EventName ?? SourceName;
        List<(string Name, object? Value)> fields = [("event", message)];
        foreach ((string name, object? value) in eventData.PayloadNames.Zip(eventData.Payload))
        {
            if (name == MessageField)
            {
                message = $"{value}";
            }
            else
            {
                fields.Add((name, value));
            }
        }

        _log.Write(LevelOf(eventData.Level), "Kvs.Store", message, null, [.. fields]);
    }

    private static LogLevel LevelOf(EventLevel level) => level switch
    {
        EventLevel.Critical or EventLevel.Error => LogLevel.Error,
        EventLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
