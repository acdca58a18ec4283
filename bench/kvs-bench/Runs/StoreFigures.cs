namespace Kvs.Bench.Runs;

/// <summary>What a store took by the end of a part; null where nobody can know, because it is in a process that this
/// one did not start.</summary>
internal sealed record StoreFigures
{
    /// <summary>Processor time that the store's own process spent on the part; null where that is this one.</summary>
    internal long? ServerCpuNs { get; init; }

    internal long? ResidentBytes { get; init; }

    internal long? ResidentAnonymousBytes { get; init; }

    internal long? DiskBytes { get; init; }

    internal long? IndexBytes { get; init; }
}
