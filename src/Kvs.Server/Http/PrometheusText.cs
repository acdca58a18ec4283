using System.Globalization;
using System.Text;
using Kvs.Server.Monitoring;

namespace Kvs.Server.Http;

/// <summary>Figures in the text format of Prometheus, version 0.0.4: a family of lines for each instrument. Histograms
/// are summaries, whose quantiles are of the last minute or so, and whose sum and count are of all time.</summary>
internal static class PrometheusText
{
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly double[] s_quantiles = [0.5, 0.9, 0.99, 0.999];

    /// <summary>Writes all figures. Those of one instrument must stand behind each other.</summary>
    internal static string Write(IEnumerable<Figure> figures)
    {
        var text = new StringBuilder();
        string? family = null;
        foreach (Figure figure in figures)
        {
            string name = NameOf(figure);
            if (name != family)
            {
                family = name;
                AddHeader(text, name, TypeOf(figure), figure.Instrument.Description ?? "");
            }

            if (figure.Distribution is null)
            {
                AddLine(text, name, figure.Tags, "", figure.Value);
            }
            else
            {
                AddSummary(text, name, figure, figure.Distribution);
            }
        }

        AddProcess(text);
        return text.ToString();
    }

    /// <summary>What Prometheus calls it: <c>kvs.written</c>, a counter of bytes, is
    /// <c>kvs_written_bytes_total</c>.</summary>
    private static string NameOf(Figure figure)
    {
        string unit = figure.Instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        string name = figure.Instrument.Name.Replace('.', '_') + unit;
        return figure.IsCounter ? $"{name}_total" : name;
    }

    private static string TypeOf(Figure figure) =>
        figure.Distribution is not null ? "summary" : figure.IsCounter ? "counter" : "gauge";

    private static void AddSummary(StringBuilder text, string name, Figure figure, DistributionSnapshot distribution)
    {
        foreach (double part in s_quantiles)
        {
            AddLine(text, name, figure.Tags, string.Create(CultureInfo.InvariantCulture, $"quantile=\"{part}\""),
                distribution.QuantileSince(figure.EarlierDistribution, part));
        }

        AddLine(text, $"{name}_sum", figure.Tags, "", distribution.Sum);
        AddLine(text, $"{name}_count", figure.Tags, "", distribution.Count);
    }

    /// <summary>What tools look for by these names, whatever the program.</summary>
    private static void AddProcess(StringBuilder text)
    {
        AddHeader(text, "process_cpu_seconds_total", "counter", "Processor time of the process");
        AddLine(text, "process_cpu_seconds_total", [], "", Environment.CpuUsage.TotalTime.TotalSeconds);
        AddHeader(text, "process_resident_memory_bytes", "gauge", "Memory of the process, mapped files included");
        AddLine(text, "process_resident_memory_bytes", [], "", Environment.WorkingSet);
    }

    private static void AddHeader(StringBuilder text, string name, string type, string help)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private static void AddLine(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, object?>> tags,
        string label, double value)
    {
        IEnumerable<string> labels = tags.Select(tag => $"{tag.Key}=\"{Escape($"{tag.Value}")}\"");
        string all = string.Join(',', label.Length > 0 ? labels.Append(label) : labels);
        text.Append(name);
        if (all.Length > 0)
        {
            text.Append('{').Append(all).Append('}');
        }

        text.Append(CultureInfo.InvariantCulture, $" {value}\n");
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
