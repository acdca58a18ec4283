using System.Globalization;

namespace Kvs.Bench.Reports.Html;

/// <summary>Maps values to places on an axis, and chooses where it has ticks.</summary>
internal sealed class Scale
{
    private const int WantedTicks = 5;

    private readonly double _min;
    private readonly double _max;
    private readonly double _from;
    private readonly double _to;
    private readonly bool _isLog;

    private Scale(double min, double max, double from, double to, bool isLog)
    {
        (_min, _max, _from, _to, _isLog) = (min, max, from, to, isLog);
    }

    /// <summary>Values at which the axis has ticks, lowest first.</summary>
    internal required IReadOnlyList<double> Ticks { get; init; }

    /// <summary>An axis that begins at 0 and ends at a round number.</summary>
    internal static Scale FromZero(double highest, double from, double to)
    {
        double step = NiceStep(Math.Max(highest, double.Epsilon) / WantedTicks);
        int steps = Math.Max(1, (int)Math.Ceiling((highest / step) - 1e-9));
        return new Scale(0, steps * step, from, to, isLog: false)
        {
            Ticks = [.. Enumerable.Range(0, steps + 1).Select(index => index * step)],
        };
    }

    /// <summary>An axis from one value to another, as they are.</summary>
    internal static Scale Between(double min, double max, double from, double to)
    {
        double step = NiceStep((max - min) / (2 * WantedTicks));
        double first = Math.Ceiling(min / step) * step;
        return new Scale(min, max, from, to, isLog: false)
        {
            Ticks = [.. Enumerable.Range(0, (int)((max - first) / step) + 1).Select(index => first + (index * step))],
        };
    }

    /// <summary>A logarithmic axis over whole powers of ten.</summary>
    internal static Scale Decades(double lowest, double highest, double from, double to)
    {
        int first = (int)Math.Floor(Math.Log10(lowest));
        int last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(highest)));
        return new Scale(Math.Pow(10, first), Math.Pow(10, last), from, to, isLog: true)
        {
            Ticks = [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power))],
        };
    }

    /// <summary>A logarithmic axis with ticks at given values.</summary>
    internal static Scale LogAt(IReadOnlyList<double> values, double from, double to) =>
        new(values[0], values[^1], from, to, isLog: true) { Ticks = values };

    /// <summary>Where a value lies.</summary>
    internal double At(double value)
    {
        double share = _isLog
            ? Math.Log(Math.Max(value, _min) / _min) / Math.Log(_max / _min)
            : (value - _min) / (_max - _min);
        return _from + ((double.IsFinite(share) ? share : 0.5) * (_to - _from));
    }

    /// <summary>A number as an attribute has it.</summary>
    internal static string Place(double number) => Math.Round(number, 1).ToString(CultureInfo.InvariantCulture);

    // 1, 2 or 5 times a power of ten.
    private static double NiceStep(double atLeast)
    {
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(atLeast, 1e-300))));
        double share = atLeast / magnitude;
        return magnitude * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
    }
}
