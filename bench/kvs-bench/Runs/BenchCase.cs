using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Runs;

/// <summary>One way in which a store is opened and used, of those that a run measures.</summary>
internal abstract record BenchCase
{
    /// <summary>Keys in each call, or request.</summary>
    internal required int Batch { get; init; }

    /// <summary>Calls that are under way at once, at most.</summary>
    internal abstract int Parallel { get; }

    /// <summary>What is measured, in words.</summary>
    internal abstract string Name { get; }

    /// <summary>Completes the settings that all cases of a run have in common.</summary>
    internal abstract BenchSettings Complete(BenchSettings common);

    /// <summary>The name of a result.</summary>
    internal string NameOf(Mix mix) => $"{Name}, {mix.Name()}{(Batch == 1 ? "" : $", batch {Batch}")}";
}
