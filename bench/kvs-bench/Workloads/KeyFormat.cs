namespace Kvs.Bench.Workloads;

/// <summary>What keys look like.</summary>
internal enum KeyFormat
{
    /// <summary>The key's tag, and the same filler behind it in all keys.</summary>
    Binary,

    /// <summary>The key's number in decimal digits.</summary>
    Decimal,

    /// <summary>A random UUID (version 4) as text.</summary>
    Uuid,
}
