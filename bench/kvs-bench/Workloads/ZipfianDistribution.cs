namespace Kvs.Bench.Workloads;

/// <summary>
/// Ranks whose frequency falls as a power of the rank: the first of them comes 1 / zeta of the time, the k-th
/// k^theta times less often. Drawn as YCSB does it (Gray and others, "Quickly generating billion-record synthetic
/// databases", 1994): exact for the first two ranks, within a few percent for the rest.
/// </summary>
/// <remarks>Immutable; all threads share one.</remarks>
internal sealed class ZipfianDistribution
{
    /// <summary>The skew that YCSB uses.</summary>
    internal const double StandardTheta = 0.99;

    /// <summary>Pieces of the curve from random numbers to ranks, between whose ends it is taken as straight: 16 KiB,
    /// so that it stays in the cache.</summary>
    private const int CurvePieces = 2048;

    /// <summary>Up to this exponent, which is that of a skew of 0.995, what is straight in each piece is less than
    /// 0.2 % off.</summary>
    private const double MaxCurveExponent = 200;

    /// <summary>From here on, the sum of the frequencies is taken as an integral: wrong by less than 1e-10.</summary>
    private const int SummedRanks = 100_000;

    private readonly int _count;
    private readonly double _zeta;
    private readonly double _zetaOfTwo;
    private readonly double _eta;
    private readonly double _exponent;
    private readonly double[]? _curve;

    /// <summary>Prepares drawing from a number of ranks.</summary>
    /// <param name="count">How many ranks there are, at least 1.</param>
    /// <param name="theta">The skew: above 0 (all alike) and below 1.</param>
    internal ZipfianDistribution(int count, double theta)
    {
        _count = count;
        _zeta = Zeta(count, theta);
        _zetaOfTwo = 1 + Math.Pow(0.5, theta);
        _exponent = 1 / (1 - theta);

        // With one or two ranks this is not a number, and never used.
        _eta = (1 - Math.Pow(2.0 / count, 1 - theta)) / (1 - (_zetaOfTwo / _zeta));
        if (count > 2 && _exponent <= MaxCurveExponent)
        {
            _curve = [.. Enumerable.Range(0, CurvePieces + 1).Select(piece => Curve((double)piece / CurvePieces))];
        }
    }

    /// <summary>Draws a rank, from 0.</summary>
    /// <param name="random">Evenly distributed from 0 up to, not including, 1.</param>
    internal int Draw(double random)
    {
        double place = random * _zeta;
        if (place < 1)
        {
            return 0;
        }

        return place < _zetaOfTwo || _count <= 2
            ? 1
            : Math.Min(_count - 1, (int)(_curve is null ? Curve(random) : StraightCurve(random)));
    }

    private static double Zeta(int count, double theta)
    {
        double sum = 0;
        int summed = Math.Min(count, SummedRanks);
        for (int rank = 1; rank <= summed; rank++)
        {
            sum += Math.Pow(rank, -theta);
        }

        // Euler-Maclaurin: the integral, and half of the ends' difference. Both are 0 where all was summed.
        double Integral(double rank) => Math.Pow(rank, 1 - theta) / (1 - theta);
        double ends = Math.Pow(count, -theta) - Math.Pow(summed, -theta);
        return sum + Integral(count) - Integral(summed) + (ends / 2);
    }

    // A power costs as much as all else that is done for an operation in a large batch.
    private double StraightCurve(double random)
    {
        double place = random * CurvePieces;
        int piece = (int)place;
        double begin = _curve![piece];
        return begin + ((place - piece) * (_curve[piece + 1] - begin));
    }

    private double Curve(double random) => _count * Math.Pow((_eta * random) - _eta + 1, _exponent);
}
