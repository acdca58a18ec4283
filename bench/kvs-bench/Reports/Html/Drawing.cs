namespace Kvs.Bench.Reports.Html;

/// <summary>A chart, ready for the page.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Legend">What its colours stand for; empty where it says so itself.</param>
/// <param name="Svg">The drawing.</param>
internal sealed record Drawing(string Title, IReadOnlyList<string> Legend, string Svg);
