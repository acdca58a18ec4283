using Kvs.Bench.Drivers;

namespace Kvs.Bench.Runs;

/// <summary>One way in which a store is opened and used.</summary>
/// <param name="Engine">What is opened.</param>
/// <param name="Partitions">Partitions of its index; null where it has none.</param>
/// <param name="Threads">How many threads use it.</param>
internal sealed record StoreCase(EngineKind Engine, int? Partitions, int Threads);
