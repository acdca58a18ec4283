namespace Kvs.Bench.Reports.Html;

/// <summary>A line of a chart.</summary>
/// <param name="Label">What it shows.</param>
/// <param name="Stretches">Its points, in pieces that are not joined.</param>
internal sealed record ChartLine(string Label, IReadOnlyList<IReadOnlyList<ChartPoint>> Stretches)
{
    internal IEnumerable<ChartPoint> Points => Stretches.SelectMany(stretch => stretch);
}
