using System.Globalization;

namespace Kvs.Bench.Options;

/// <summary>A durability as options name it: process, interval, interval:MS, disk.</summary>
internal readonly record struct DurabilityChoice(Durability Level, TimeSpan Interval)
{
    internal const string Values = "process, interval, interval:MS (at least 1 ms), disk";

    private const string IntervalPrefix = "interval:";

    /// <inheritdoc/>
    public override string ToString() => Level == Durability.Interval
        ? string.Create(CultureInfo.InvariantCulture, $"{IntervalPrefix}{Interval.TotalMilliseconds}")
        : Level.ToString().ToLowerInvariant();

    /// <summary>Reads one; null when it is none.</summary>
    internal static DurabilityChoice? TryParse(string text)
    {
        TimeSpan interval = new KvStoreOptions().SyncInterval;
        switch (text)
        {
            case "process":
                return new DurabilityChoice(Durability.Process, interval);
            case "interval":
                return new DurabilityChoice(Durability.Interval, interval);
            case "disk":
                return new DurabilityChoice(Durability.Disk, interval);
        }

        bool isInterval = text.StartsWith(IntervalPrefix, StringComparison.Ordinal);
        return isInterval && int.TryParse(text.AsSpan(IntervalPrefix.Length), NumberStyles.None,
            CultureInfo.InvariantCulture, out int intervalMs) && intervalMs >= 1
            ? new DurabilityChoice(Durability.Interval, TimeSpan.FromMilliseconds(intervalMs))
            : null;
    }
}
