namespace Kvs.Bench.Reports.Html;

/// <summary>Draws lines over an axis: of time, of a setting, or of names.</summary>
internal sealed class LineChart
{
    private const double Width = 860;
    private const double Height = 300;
    private const double Top = 28;
    private const double Bottom = 44;
    private const double Right = 24;
    private const double TickGap = 8;
    private const double MinLabelGap = 14;
    private const double DotRadius = 3;
    private const double SmallDotRadius = 1.6;
    private const double CapWidth = 4;

    /// <summary>Lines with more points have no dots.</summary>
    private const int MaxDots = 40;

    /// <summary>What the axis below shows.</summary>
    internal required string XTitle { get; init; }

    /// <summary>What the axis on the left shows.</summary>
    internal required string YTitle { get; init; }

    /// <summary>The values of X at which the axis below has ticks, where it is not one of time; the first one is on the
    /// left, and all are equally far apart or, if <see cref="IsLog"/>, by their logarithms.</summary>
    internal IReadOnlyList<double>? XTicks { get; init; }

    /// <summary>Whether the axis below is logarithmic.</summary>
    internal bool IsLog { get; init; }

    /// <summary>Whether the axis on the left is logarithmic.</summary>
    internal bool IsLogY { get; init; }

    /// <summary>What a tick of the axis below says.</summary>
    internal required Func<double, string> DescribeX { get; init; }

    /// <summary>What a tick of the axis on the left says.</summary>
    internal required Func<double, string> DescribeY { get; init; }

    internal required IReadOnlyList<ChartLine> Lines { get; init; }

    /// <summary>The drawing.</summary>
    internal string Draw()
    {
        ChartPoint[] points = [.. Lines.SelectMany(line => line.Points)];
        double highest = points.Max(point => point.High);
        Scale y = IsLogY
            ? Scale.Decades(points.Min(point => point.Low), highest, Height - Bottom, Top)
            : Scale.FromZero(highest, Height - Bottom, Top);
        double left = y.Ticks.Max(tick => SvgBuilder.WidthOf(DescribeY(tick))) + (2 * TickGap);
        Scale x = XScale(points, left, Width - Right);
        var svg = new SvgBuilder(Width, Height, $"{YTitle} by {XTitle}");
        DrawAxes(svg, x, y, left);
        for (int i = 0; i < Lines.Count; i++)
        {
            DrawLine(svg, Lines[i], SvgBuilder.Color(i), x, y);
        }

        return svg.End();
    }

    private Scale XScale(ChartPoint[] points, double left, double right)
    {
        if (IsLog)
        {
            return Scale.LogAt(XTicks!, left + TickGap, right);
        }

        double min = XTicks?[0] ?? 0;
        double max = Math.Max(min + double.Epsilon, XTicks?[^1] ?? points.Max(point => point.X));
        return Scale.Between(min, max, left + (XTicks is null ? 0 : TickGap), right);
    }

    private void DrawAxes(SvgBuilder svg, Scale x, Scale y, double left)
    {
        svg.Label(0, TickGap, YTitle, "start");
        foreach (double tick in y.Ticks)
        {
            svg.Line(left, y.At(tick), Width - Right, y.At(tick), "grid");
            svg.Label(left - TickGap, y.At(tick), DescribeY(tick), "end");
        }

        // A label that would touch the one before is left out.
        double free = double.NegativeInfinity;
        foreach (double tick in XTicks ?? x.Ticks)
        {
            string label = DescribeX(tick);
            double halfWidth = SvgBuilder.WidthOf(label) / 2;
            double middle = x.At(tick);
            svg.Line(middle, Height - Bottom, middle, Height - Bottom + (TickGap / 2), "axis");
            if (middle - halfWidth >= free)
            {
                svg.Label(middle, Height - Bottom + (1.8 * TickGap), label, "middle");
                free = middle + halfWidth + MinLabelGap;
            }
        }

        svg.Line(left, Height - Bottom, Width - Right, Height - Bottom, "axis");
        svg.Label(Width - Right, Height - TickGap, XTitle, "end");
    }

    private void DrawLine(SvgBuilder svg, ChartLine line, string color, Scale x, Scale y)
    {
        foreach (IReadOnlyList<ChartPoint> stretch in line.Stretches)
        {
            svg.Path(stretch.Select(point => (x.At(point.X), y.At(point.Y))), "line " + color);
        }

        bool isLong = line.Points.Count() > MaxDots;
        foreach (ChartPoint point in line.Points)
        {
            double at = x.At(point.X);
            if (point.High > point.Low)
            {
                svg.Line(at, y.At(point.Low), at, y.At(point.High), "whisker " + color);
                svg.Line(at - CapWidth, y.At(point.Low), at + CapWidth, y.At(point.Low), "whisker " + color);
                svg.Line(at - CapWidth, y.At(point.High), at + CapWidth, y.At(point.High), "whisker " + color);
            }

            svg.Dot(at, y.At(point.Y), isLong ? SmallDotRadius : DotRadius, "dot " + color,
                $"{line.Label}: {DescribeX(point.X)}: {DescribeY(point.Y)}");
        }
    }
}
