namespace Kvs.Bench.Workloads;

/// <summary>One part of a run: a mix, on one store, for some time.</summary>
internal sealed record PartSettings
{
    internal required Mix Mix { get; init; }

    /// <summary>Threads that make the calls.</summary>
    internal required int Threads { get; init; }

    internal required int Keys { get; init; }

    /// <summary>The number of the first key.</summary>
    internal long FirstNumber { get; init; }

    /// <summary>How skewed keys are drawn; null for uniformly.</summary>
    internal required ZipfianDistribution? Zipfian { get; init; }

    internal required KeyPattern KeyPattern { get; init; }

    internal required ValuePattern ValuePattern { get; init; }

    /// <summary>Keys in each call of the store, or in each request.</summary>
    internal required int Batch { get; init; }

    /// <summary>How long the part takes; one that loads takes as long as it takes.</summary>
    internal required TimeSpan Duration { get; init; }

    /// <summary>Operations that are to begin each second, of all threads together, whether others have ended or not;
    /// null where each begins when the one before has ended.</summary>
    internal double? Rate { get; init; }

    /// <summary>The latency of each so many-th call is measured.</summary>
    internal required int SampleEvery { get; init; }

    /// <summary>What the choice of keys depends on.</summary>
    internal required int Seed { get; init; }
}
