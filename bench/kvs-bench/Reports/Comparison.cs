using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>How many times as fast one result is as another.</summary>
/// <param name="What">What is compared, in words.</param>
/// <param name="Than">What it is compared with.</param>
/// <param name="Median">The ratio in the middle of those of all rounds.</param>
/// <param name="Min">The lowest.</param>
/// <param name="Max">The highest.</param>
internal sealed record Comparison(string What, string Than, double Median, double Min, double Max)
{
    /// <inheritdoc/>
    public override string ToString() => Invariant($"{What} = {Median:F2} ({Min:F2} to {Max:F2}) x {Than}");

    /// <summary>How the results of one mix grow with each of the parameters in which they differ.</summary>
    internal static IEnumerable<Comparison> OfGrowth(ResultGroup group)
    {
        IReadOnlyList<Parameter> varying = group.Varying;
        foreach (Parameter parameter in varying)
        {
            Parameter[] others = [.. varying.Where(other => other != parameter)];
            string Others(BenchResult result) => Join(others.Select(other => other.DescribeOf(result)));
            foreach (IGrouping<(string Engine, string Others), BenchResult> same in
                     group.Results.GroupBy(result => (result.Settings.Engine, Others(result))))
            {
                BenchResult first = same.First();
                foreach (BenchResult result in same.Skip(1).Where(_ => parameter.DescribeOf(first).Length > 0))
                {
                    string subject = same.Key.Engine + InBrackets(same.Key.Others);
                    yield return Of($"{subject}: {parameter.DescribeOf(result)}", parameter.DescribeOf(first), result,
                        first);
                }
            }
        }
    }

    /// <summary>How the results of the first engine compare with those of the others that were measured alike.
    /// </summary>
    internal static IEnumerable<Comparison> OfEngines(ResultGroup group)
    {
        IReadOnlyList<BenchResult> results = group.Results;
        IReadOnlyList<Parameter> varying = group.Varying;
        string engine = results[0].Settings.Engine;
        foreach (BenchResult first in results.Where(result => result.Settings.Engine == engine))
        {
            foreach (BenchResult other in results.Where(result => result.Settings.Engine != engine))
            {
                Parameter[] shared =
                [
                    .. varying.Where(parameter => !parameter.IsOfEngine &&
                                                  parameter.ValueOf(other.Settings) is not null &&
                                                  parameter.ValueOf(first.Settings) is not null),
                ];
                if (shared.Any(parameter => parameter.DescribeOf(first) != parameter.DescribeOf(other)))
                {
                    continue;
                }

                string common = Join(shared.Select(parameter => parameter.DescribeOf(first)));
                string What(BenchResult result) => result.Settings.Engine +
                    InBrackets(Join(varying.Except(shared).Select(parameter => parameter.DescribeOf(result))));
                yield return Of((common.Length == 0 ? "" : common + ": ") + What(first), What(other), first, other);
            }
        }
    }

    // The ratio of each round counts, as its parts were measured one right after the other.
    private static Comparison Of(string what, string than, BenchResult result, BenchResult other)
    {
        double[] rounds = [.. result.OpsPerSecondByRound.Zip(other.OpsPerSecondByRound, (one, two) => one / two)];
        return new Comparison(what, than, Measures.Median.Of(rounds), rounds.Min(), rounds.Max());
    }

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts.Where(part => part.Length > 0));

    private static string InBrackets(string text) => text.Length == 0 ? "" : $" ({text})";
}
