namespace Kvs.Bench.Options;

/// <summary>What a run of <c>kvs-bench compare</c> measures: kvs beside those peers that are there.</summary>
/// <param name="Embedded">In this process; null where no peer is.</param>
/// <param name="Server">Over the network; null where no peer is.</param>
/// <param name="Missing">Peers that are not installed, each with how to install it.</param>
internal sealed record CompareSettings(EmbeddedSettings? Embedded, ServerSettings? Server,
    IReadOnlyList<string> Missing);
