namespace Kvs.Bench.Reports.Html;

/// <summary>A row of a chart of ranges.</summary>
/// <param name="Label">What it shows.</param>
/// <param name="Values">All its values, one at least.</param>
internal sealed record RangeRow(string Label, IReadOnlyList<double> Values)
{
    private readonly double[] _sorted = [.. Values.Order()];

    internal double Min => _sorted[0];

    internal double Max => _sorted[^1];

    internal double Median => Quantile(0.5);

    /// <summary>The value that a share of all is below, between two of them where it falls there.</summary>
    internal double Quantile(double share)
    {
        double place = share * (_sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((place - below) * (_sorted[above] - _sorted[below]));
    }
}
