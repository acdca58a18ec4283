namespace Kvs.Testing;

/// <summary>What was done to a key, what came of it, and when.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="Key">The key's number.</param>
/// <param name="Value">What was set or read: unique among the sets of a history, and never
/// <see cref="Missing"/> there.</param>
/// <param name="Start">A moment before the call, in ticks of any clock that all threads share.</param>
/// <param name="End">A moment after it returned.</param>
public readonly record struct RegisterOperation(RegisterOperationKind Kind, int Key, long Value, long Start, long End)
{
    /// <summary>The value of a key that is not there.</summary>
    public const long Missing = 0;

    /// <summary>A set that had completed before the history begins.</summary>
    public static RegisterOperation Initial(int key, long value) =>
        new(value == Missing ? RegisterOperationKind.Remove : RegisterOperationKind.Set, key, value, long.MinValue,
            long.MinValue);
}

/// <summary>What can be done to a key.</summary>
public enum RegisterOperationKind
{
    /// <summary>Read it. A remove that found nothing is a read of <see cref="RegisterOperation.Missing"/>.</summary>
    Get,

    /// <summary>Give it a value.</summary>
    Set,

    /// <summary>Remove it, and it was there.</summary>
    Remove,
}
