using System.Diagnostics.Metrics;

namespace Kvs.Server.Monitoring;

/// <summary>What an instrument says at one moment.</summary>
/// <param name="Instrument">The instrument.</param>
/// <param name="Tags">Of which store, or which server.</param>
/// <param name="Value">The value of a gauge or a counter.</param>
/// <param name="Distribution">The values of a histogram, since the beginning; null of others.</param>
/// <param name="EarlierDistribution">The same some time ago; null for the beginning.</param>
internal sealed record Figure(
    Instrument Instrument,
    IReadOnlyList<KeyValuePair<string, object?>> Tags,
    double Value,
    DistributionSnapshot? Distribution,
    DistributionSnapshot? EarlierDistribution)
{
    /// <summary>Whether the value only ever grows.</summary>
    internal bool IsCounter => Instrument.GetType().GetGenericTypeDefinition() == typeof(ObservableCounter<>);
}
