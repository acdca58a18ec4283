using System.Globalization;

namespace Kvs.Bench.Workloads;

/// <summary>How long values are: all alike, or evenly spread between two lengths.</summary>
/// <param name="Min">The shortest, in bytes.</param>
/// <param name="Max">The longest, in bytes.</param>
internal readonly record struct ByteRange(int Min, int Max)
{
    private const string Separator = "..";

    /// <summary>What a value takes on average, in bytes.</summary>
    internal double Mean => (Min + (double)Max) / 2;

    /// <inheritdoc/>
    public override string ToString() => Min == Max
        ? Min.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Min}{Separator}{Max}");

    /// <summary>Reads <c>N</c> or <c>MIN..MAX</c>.</summary>
    internal static bool TryParse(string text, int limit, out ByteRange range)
    {
        int separator = text.IndexOf(Separator, StringComparison.Ordinal);
        string first = separator < 0 ? text : text[..separator];
        string last = separator < 0 ? text : text[(separator + Separator.Length)..];
        bool isRange = TryParseNumber(first, out int min) & TryParseNumber(last, out int max) && min <= max &&
                       max <= limit;
        range = new ByteRange(min, max);
        return isRange;
    }

    private static bool TryParseNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
