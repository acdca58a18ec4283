namespace Kvs.Bench;

/// <summary>What a run of <c>kvs-bench embedded</c> measures.</summary>
internal sealed record EmbeddedSettings
{
    internal required string Engine { get; init; }

    internal required int Keys { get; init; }

    internal required int ValueBytes { get; init; }

    /// <summary>The most threads; every phase also runs with one.</summary>
    internal required int Threads { get; init; }

    internal required int Rounds { get; init; }

    internal required Durability Durability { get; init; }

    internal required int Partitions { get; init; }

    internal required string Folder { get; init; }
}
