using System.Runtime.CompilerServices;

namespace Kvs.Bench.Reports;

/// <summary>Figures as people read them.</summary>
internal static class Figures
{
    internal const double Million = 1e6;
    internal const double Thousand = 1e3;

    /// <summary>A rate, to three digits.</summary>
    internal static string Rate(double perSecond) => perSecond switch
    {
        >= Million => Invariant($"{perSecond / Million:F2} M"),
        >= Thousand => Invariant($"{perSecond / Thousand:F1} k"),
        _ => Invariant($"{perSecond:F0}"),
    };

    /// <summary>A duration in microseconds, to three digits.</summary>
    internal static string Us(double microseconds) => microseconds switch
    {
        < 10 => Invariant($"{microseconds:F2}"),
        < 1000 => Invariant($"{microseconds:F1}"),
        _ => Invariant($"{microseconds:F0}"),
    };

    /// <summary>Text in the invariant culture, in which the whole program runs (InvariantGlobalization).</summary>
    internal static string Invariant(DefaultInterpolatedStringHandler text) => text.ToStringAndClear();
}
