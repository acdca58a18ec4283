namespace Kvs.Bench.Network;

/// <summary>A request to be encoded: one operation, or several.</summary>
internal readonly ref struct LoadRequest(uint id, ReadOnlySpan<long> numbers, ReadOnlySpan<ulong> tags,
    ReadOnlySpan<bool> areGets)
{
    /// <summary>Its number on the connection; never 0.</summary>
    internal uint Id { get; } = id;

    /// <summary>The numbers of its keys.</summary>
    internal ReadOnlySpan<long> Numbers { get; } = numbers;

    /// <summary>The tags of their values.</summary>
    internal ReadOnlySpan<ulong> Tags { get; } = tags;

    /// <summary>Which of them are gets; the others are sets.</summary>
    internal ReadOnlySpan<bool> AreGets { get; } = areGets;

    /// <summary>How many operations there are.</summary>
    internal int Count => Numbers.Length;
}
