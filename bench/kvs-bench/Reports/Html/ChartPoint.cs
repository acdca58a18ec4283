namespace Kvs.Bench.Reports.Html;

/// <summary>A point of a line.</summary>
/// <param name="X">Where it is.</param>
/// <param name="Y">Its value: a median where there is a range.</param>
/// <param name="Low">The lower end of the range; the value itself where there is none.</param>
/// <param name="High">The upper end.</param>
internal readonly record struct ChartPoint(double X, double Y, double Low, double High)
{
    internal ChartPoint(double x, double y) : this(x, y, y, y)
    {
    }
}
