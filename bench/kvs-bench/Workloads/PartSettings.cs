namespace Kvs.Bench.Workloads;

/// <summary>One part of a run: a mix, on one store, for some time.</summary>
internal sealed record PartSettings
{
    internal required Mix Mix { get; init; }

    internal required int Threads { get; init; }

    internal required int Keys { get; init; }

    /// <summary>How skewed keys are drawn; null for uniformly.</summary>
    internal required ZipfianDistribution? Zipfian { get; init; }

    internal required ValuePattern Pattern { get; init; }

    /// <summary>Keys in each call of the store.</summary>
    internal required int Batch { get; init; }

    /// <summary>How long the part takes; one that loads takes as long as it takes.</summary>
    internal required TimeSpan Duration { get; init; }

    /// <summary>The latency of each so many-th call is measured.</summary>
    internal required int SampleEvery { get; init; }

    /// <summary>What the choice of keys depends on.</summary>
    internal required int Seed { get; init; }
}
