using System.Globalization;
using Kvs.CommandLine;

namespace Kvs.ServerProgram.Settings;

/// <summary>Levels of durability as text: <c>process</c>, <c>interval</c>, <c>interval:MS</c>, <c>disk</c>.</summary>
internal static class DurabilityText
{
    private const string IntervalPrefix = "interval:";

    /// <summary>The options with the level that the text names.</summary>
    internal static KvStoreOptions Apply(KvStoreOptions options, string text) => text switch
    {
        "process" => options with { Durability = Durability.Process },
        "interval" => options with { Durability = Durability.Interval },
        "disk" => options with { Durability = Durability.Disk },
        _ when TryParseInterval(text, out TimeSpan interval) => options with
        {
            Durability = Durability.Interval,
            SyncInterval = interval,
        },
        _ => throw new ProgramException(
            $"Unknown durability '{text}'. There are: process, interval, interval:MS, disk (at least 1 ms)."),
    };

    private static bool TryParseInterval(string text, out TimeSpan interval)
    {
        bool isInterval = text.StartsWith(IntervalPrefix, StringComparison.Ordinal);
        int milliseconds = 0;
        if (isInterval)
        {
            _ = int.TryParse(text.AsSpan(IntervalPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture,
                out milliseconds);
        }

        interval = TimeSpan.FromMilliseconds(milliseconds);
        return milliseconds > 0;
    }
}
