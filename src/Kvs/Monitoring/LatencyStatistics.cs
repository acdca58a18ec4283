namespace Kvs;

/// <summary>How long something took, since the store was opened.</summary>
/// <param name="Count">How many times it was done.</param>
/// <param name="Total">How long all of them took together.</param>
/// <param name="Max">The longest.</param>
/// <param name="Median">Half of them took no longer. As <paramref name="P99"/>, up to an eighth too long.</param>
/// <param name="P99">99 of 100 took no longer.</param>
public readonly record struct LatencyStatistics(
    long Count, TimeSpan Total, TimeSpan Max, TimeSpan Median, TimeSpan P99)
{
    /// <summary>The mean; zero where nothing was done.</summary>
    public TimeSpan Mean => Count == 0 ? TimeSpan.Zero : Total / Count;
}
