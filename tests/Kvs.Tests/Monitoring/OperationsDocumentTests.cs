using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Reflection;
using System.Text.RegularExpressions;
using Kvs.Monitoring;

namespace Kvs.Tests;

/// <summary>docs/OPERATIONS.md lists every instrument of the engine and every event, and nothing that there is
/// not.</summary>
public sealed class OperationsDocumentTests
{
    [Fact]
    public void It_lists_the_instruments_with_kind_and_unit()
    {
        List<string> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == KvsMeter.Name)
                {
                    instruments.Add($"{instrument.Name} {KindOf(instrument)} {instrument.Unit}");
                }
            },
        };
        _ = KvsMeter.Shared;
        listener.Start();
        Assert.Equal(instruments.Order(StringComparer.Ordinal),
            Rows(@"^\| `(kvs\.(?!server\.)[a-z_.]+)` \| ([a-z]+) \| (\S+) \|").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_lists_the_events_with_number_level_and_payload()
    {
        IEnumerable<string> events = typeof(KvsEventSource).GetMethods()
            .Select(method => (Method: method, Event: method.GetCustomAttribute<EventAttribute>()!))
            .Where(each => each.Event is not null)
            .OrderBy(each => each.Event.EventId)
            .Select(each => $"{each.Event.EventId} {each.Method.Name} " +
                $"{each.Event.Level.ToString().ToLowerInvariant()} " +
                string.Join(", ", each.Method.GetParameters().Skip(1).Select(parameter => $"`{parameter.Name}`")));
        Assert.Equal(events, Rows(@"^\| (\d+) \| `(\w+)` \| (\w+) \| ((?:`\w+`(?:, )?)*)"));
    }

    private static string KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    /// <summary>The cells of the rows that a pattern matches.</summary>
    private static IEnumerable<string> Rows(string pattern)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("OPERATIONS.md")!;
        using var reader = new StreamReader(stream);
        return [.. Regex.Matches(reader.ReadToEnd(), pattern, RegexOptions.Multiline)
            .Select(match => string.Join(' ', match.Groups.Values.Skip(1).Select(cell => cell.Value)))];
    }
}
