using System.Buffers;
using System.Text.Json;
using Kvs.Server.Monitoring;

namespace Kvs.Server.Http;

/// <summary>What the status page asks for each second: the state, and all figures as they are, from which the page
/// makes rates and quantiles of the time between two looks.</summary>
internal static class StatusJson
{
    internal static ReadOnlyMemory<byte> Write(
        ServerState server, IReadOnlyDictionary<string, string> about, IEnumerable<Figure> figures)
    {
        (string state, string? reason) = server.Read();
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("state", state);
        json.WriteString("reason", reason);
        json.WriteNumber("now_ms", Environment.TickCount64);
        json.WriteNumber("uptime_seconds", (long)server.Uptime.TotalSeconds);
        json.WriteNumber("cpu_seconds", Environment.CpuUsage.TotalTime.TotalSeconds);
        json.WriteNumber("memory_bytes", Environment.WorkingSet);
        json.WriteStartObject("about");
        json.WriteString("engine", server.Engine);
        foreach ((string name, string value) in about)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("figures");
        foreach (IGrouping<string, Figure> group in figures.GroupBy(figure => figure.Instrument.Name))
        {
            json.WritePropertyName(group.Key);
            Write(json, [.. group]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>A number for a gauge or a counter, all its series together; of a histogram the buckets that are not
    /// empty, each as its upper bound and its count.</summary>
    private static void Write(Utf8JsonWriter json, IReadOnlyList<Figure> series)
    {
        if (series[0].Distribution is null)
        {
            json.WriteNumberValue(series.Sum(figure => figure.Value));
            return;
        }

        json.WriteStartArray();
        DistributionSnapshot[] distributions = [.. series.Select(figure => figure.Distribution!)];
        for (int bucket = 0; bucket < distributions[0].Counts.Count; bucket++)
        {
            long count = distributions.Sum(distribution => distribution.Counts[bucket]);
            if (count > 0)
            {
                json.WriteStartArray();
                json.WriteNumberValue(Distribution.UpperBoundOf(bucket));
                json.WriteNumberValue(count);
                json.WriteEndArray();
            }
        }

        json.WriteEndArray();
    }
}
