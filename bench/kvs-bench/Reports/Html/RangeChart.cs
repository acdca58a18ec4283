namespace Kvs.Bench.Reports.Html;

/// <summary>Draws a row for each case: a bar to the median with the range and each value, or a box plot.</summary>
internal sealed class RangeChart
{
    private const double Width = 860;
    private const double RowHeight = 26;
    private const double BarHeight = 14;
    private const double Top = 8;
    private const double Bottom = 40;
    private const double Gap = 8;
    private const double MinPlotWidth = 320;
    private const double DotRadius = 2.4;
    private const double LowWhisker = 0.05;
    private const double HighWhisker = 0.95;

    /// <summary>What the axis below shows.</summary>
    internal required string XTitle { get; init; }

    /// <summary>What a tick of the axis, or a value, says.</summary>
    internal required Func<double, string> Describe { get; init; }

    /// <summary>Whether rows are box plots: quartiles, and 5 to 95 % of the values; all others are dots.</summary>
    internal bool IsBoxPlot { get; init; }

    internal required IReadOnlyList<RangeRow> Rows { get; init; }

    /// <summary>The drawing.</summary>
    internal string Draw()
    {
        double height = Top + (Rows.Count * RowHeight) + Bottom;
        double left = Math.Min(Width - MinPlotWidth, Rows.Max(row => SvgBuilder.WidthOf(row.Label)) + (2 * Gap));
        double right = Width - Rows.Max(row => SvgBuilder.WidthOf(Describe(row.Median))) - (3 * Gap);
        Scale x = Scale.FromZero(Rows.Max(row => row.Max), left, right);
        var svg = new SvgBuilder(Width, height, XTitle);
        DrawAxis(svg, x, left, height - Bottom, right);
        for (int i = 0; i < Rows.Count; i++)
        {
            RangeRow row = Rows[i];
            double middle = Top + ((i + 0.5) * RowHeight);
            svg.Label(left - Gap, middle, row.Label, "end");
            if (IsBoxPlot)
            {
                DrawBox(svg, row, SvgBuilder.Color(i), x, middle);
            }
            else
            {
                DrawBar(svg, row, SvgBuilder.Color(i), x, middle);
            }

            svg.Label(x.At(row.Max) + (1.5 * Gap), middle, Describe(row.Median), "start");
        }

        return svg.End();
    }

    private void DrawAxis(SvgBuilder svg, Scale x, double left, double bottom, double right)
    {
        double free = double.NegativeInfinity;
        foreach (double tick in x.Ticks)
        {
            string label = Describe(tick);
            double halfWidth = SvgBuilder.WidthOf(label) / 2;
            svg.Line(x.At(tick), Top, x.At(tick), bottom, "grid");
            if (x.At(tick) - halfWidth >= free)
            {
                svg.Label(x.At(tick), bottom + (1.5 * Gap), label, "middle");
                free = x.At(tick) + halfWidth + Gap;
            }
        }

        svg.Line(left, Top, left, bottom, "axis");
        svg.Label(right, bottom + (3.6 * Gap), XTitle, "end");
    }

    private void DrawBar(SvgBuilder svg, RangeRow row, string color, Scale x, double middle)
    {
        svg.Box(x.At(0), middle - (BarHeight / 2), x.At(row.Median) - x.At(0), BarHeight, "bar " + color,
            $"{row.Label}: {Describe(row.Median)} ({Describe(row.Min)} to {Describe(row.Max)})");
        if (row.Values.Count > 1)
        {
            DrawWhisker(svg, x.At(row.Min), x.At(row.Max), middle, color);
            foreach (double value in row.Values)
            {
                svg.Dot(x.At(value), middle, DotRadius, "ring " + color, Describe(value));
            }
        }
    }

    private void DrawBox(SvgBuilder svg, RangeRow row, string color, Scale x, double middle)
    {
        double low = row.Quantile(LowWhisker);
        double high = row.Quantile(HighWhisker);
        DrawWhisker(svg, x.At(low), x.At(high), middle, color);
        svg.Box(x.At(row.Quantile(0.25)), middle - (BarHeight / 2), x.At(row.Quantile(0.75)) - x.At(row.Quantile(0.25)),
            BarHeight, "box " + color,
            $"{row.Label}: {Describe(row.Quantile(0.25))}, {Describe(row.Median)}, {Describe(row.Quantile(0.75))}");
        svg.Line(x.At(row.Median), middle - (BarHeight / 2), x.At(row.Median), middle + (BarHeight / 2),
            "median " + color);
        foreach (double value in row.Values.Where(value => value < low || value > high))
        {
            svg.Dot(x.At(value), middle, DotRadius, "ring " + color, Describe(value));
        }
    }

    private static void DrawWhisker(SvgBuilder svg, double from, double to, double middle, string color)
    {
        const double CapHeight = BarHeight / 3;
        svg.Line(from, middle, to, middle, "whisker " + color);
        svg.Line(from, middle - CapHeight, from, middle + CapHeight, "whisker " + color);
        svg.Line(to, middle - CapHeight, to, middle + CapHeight, "whisker " + color);
    }
}
