namespace Kvs.Bench.Workloads;

/// <summary>What a thread does next.</summary>
internal enum OperationKind
{
    /// <summary>It has done everything.</summary>
    None,

    /// <summary>A get.</summary>
    Get,

    /// <summary>A set.</summary>
    Set,
}
