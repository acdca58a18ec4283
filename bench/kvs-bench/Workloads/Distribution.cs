using System.Globalization;

namespace Kvs.Bench.Workloads;

/// <summary>How often each key is asked for.</summary>
/// <param name="Theta">The skew of a zipfian distribution; 0 for a uniform one.</param>
internal readonly record struct Distribution(double Theta)
{
    /// <summary>Whether all keys are asked for alike.</summary>
    internal bool IsUniform => Theta == 0;

    /// <inheritdoc/>
    public override string ToString() =>
        IsUniform ? "uniform" : string.Create(CultureInfo.InvariantCulture, $"zipfian:{Theta}");
}
