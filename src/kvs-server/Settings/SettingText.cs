using System.Globalization;
using Kvs.CommandLine;

namespace Kvs.ServerProgram.Settings;

/// <summary>Values of settings as text, both ways: numbers, sizes, times.</summary>
internal static class SettingText
{
    /// <summary>What turns off a setting that can be without.</summary>
    internal const string Off = "off";

    private static readonly (string Name, long Bytes)[] s_sizes =
        [("gb", 1L << 30), ("mb", 1L << 20), ("kb", 1L << 10), ("b", 1)];

    // Tried in this order, "ms" before "s".
    private static readonly (string Name, TimeSpan Length)[] s_times =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
    ];

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(24);

    internal static int ParseNumber(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) &&
        number >= min && number <= max
            ? number
            : throw new ProgramException($"'{text}' is no whole number from {min} to {max}.");

    internal static double ParseRatio(string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) &&
        number >= min && number <= max
            ? number
            : throw new ProgramException(
                string.Create(CultureInfo.InvariantCulture, $"'{text}' is no number from {min} to {max}."));

    /// <summary>Reads a size: <c>64kb</c>, <c>256mb</c>, or bytes without a unit. A kilobyte has 1024 bytes.</summary>
    internal static long ParseBytes(string text, long min, long max)
    {
        (string Name, long Bytes) unit =
            s_sizes.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase));
        if (unit.Name is null)
        {
            unit = ("", 1);
        }

        return long.TryParse(text.AsSpan(0, text.Length - unit.Name.Length), NumberStyles.None,
                   CultureInfo.InvariantCulture, out long count) &&
               count <= max / unit.Bytes && count * unit.Bytes >= min
            ? count * unit.Bytes
            : throw new ProgramException(
                $"'{text}' is no size from {FormatBytes(min)} to {FormatBytes(max)}; sizes are like 64kb or 256mb.");
    }

    /// <summary>Reads a time: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c>.</summary>
    internal static TimeSpan ParseTime(string text, TimeSpan min)
    {
        (string Name, TimeSpan Length) unit =
            s_times.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase));
        if (unit.Name is not null &&
            int.TryParse(text.AsSpan(0, text.Length - unit.Name.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out int count) &&
            count <= s_longest / unit.Length && count * unit.Length >= min)
        {
            return count * unit.Length;
        }

        throw new ProgramException(
            $"'{text}' is no time from {FormatTime(min)} to {FormatTime(s_longest)}; times are like 500ms, 10s, 5m or " +
            "2h.");
    }

    internal static bool ParseSwitch(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => throw new ProgramException($"'{text}' is neither true nor false."),
    };

    internal static string ParseOneOf(string text, string what, IReadOnlyList<string> names) => names.Contains(text)
        ? text
        : throw new ProgramException($"Unknown {what} '{text}'. There are: {string.Join(", ", names)}.");

    /// <summary>A size as <see cref="ParseBytes"/> takes it, in the largest unit that divides it.</summary>
    internal static string FormatBytes(long bytes)
    {
        (string name, long unit) = bytes == 0 ? ("b", 1) : s_sizes.First(unit => bytes % unit.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{name}");
    }

    /// <summary>A time as <see cref="ParseTime"/> takes it.</summary>
    internal static string FormatTime(TimeSpan time)
    {
        (string name, TimeSpan unit) = s_times.Where(unit => time.Ticks % unit.Length.Ticks == 0)
            .MaxBy(unit => unit.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / unit.Ticks}{name}");
    }
}
