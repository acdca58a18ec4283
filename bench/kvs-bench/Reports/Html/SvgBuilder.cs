using System.Net;
using System.Text;
using static Kvs.Bench.Reports.Html.Scale;

namespace Kvs.Bench.Reports.Html;

/// <summary>Writes one drawing as SVG. Colours are those of the page, by class.</summary>
internal sealed class SvgBuilder
{
    /// <summary>Colours that the page has for lines and bars.</summary>
    internal const int Colors = 8;

    /// <summary>The width of a character of a label, on average, at the size that the page gives it.</summary>
    private const double CharacterWidth = 6.6;

    private readonly StringBuilder _text = new();

    internal SvgBuilder(double width, double height, string description)
    {
        _text.Append($"<svg viewBox=\"0 0 {Place(width)} {Place(height)}\" role=\"img\" " +
                     $"aria-label=\"{WebUtility.HtmlEncode(description)}\">\n");
    }

    /// <summary>About how wide a label is.</summary>
    internal static double WidthOf(string label) => label.Length * CharacterWidth;

    /// <summary>The class of the colour with a number.</summary>
    internal static string Color(int index) => $"c{index % Colors}";

    internal void Line(double x1, double y1, double x2, double y2, string style) => _text.Append(
        $"<line x1=\"{Place(x1)}\" y1=\"{Place(y1)}\" x2=\"{Place(x2)}\" y2=\"{Place(y2)}\" class=\"{style}\"/>\n");

    /// <summary>A label.</summary>
    /// <param name="x">Where it is anchored.</param>
    /// <param name="y">The middle of its height.</param>
    /// <param name="label">What it says.</param>
    /// <param name="anchor">start, middle or end.</param>
    internal void Label(double x, double y, string label, string anchor) => _text.Append(
        $"<text x=\"{Place(x)}\" y=\"{Place(y)}\" text-anchor=\"{anchor}\" dominant-baseline=\"central\">" +
        $"{WebUtility.HtmlEncode(label)}</text>\n");

    internal void Box(double x, double y, double width, double height, string style, string hint) => _text.Append(
        $"<rect x=\"{Place(x)}\" y=\"{Place(y)}\" width=\"{Place(Math.Max(width, 0.5))}\" height=\"{Place(height)}\" " +
        $"class=\"{style}\"><title>{WebUtility.HtmlEncode(hint)}</title></rect>\n");

    internal void Dot(double x, double y, double radius, string style, string hint) => _text.Append(
        $"<circle cx=\"{Place(x)}\" cy=\"{Place(y)}\" r=\"{Place(radius)}\" class=\"{style}\">" +
        $"<title>{WebUtility.HtmlEncode(hint)}</title></circle>\n");

    /// <summary>A line through points.</summary>
    internal void Path(IEnumerable<(double X, double Y)> points, string style)
    {
        string path = string.Join(" ", points.Select(point => $"{Place(point.X)},{Place(point.Y)}"));
        _text.Append($"<polyline points=\"{path}\" class=\"{style}\"/>\n");
    }

    /// <summary>The whole drawing.</summary>
    internal string End() => _text.Append("</svg>\n").ToString();
}
