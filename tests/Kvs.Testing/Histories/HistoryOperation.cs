namespace Kvs.Testing;

/// <summary>What was done to a key, what came of it, and when.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="Key">The key's number.</param>
/// <param name="Value">What was read, or what was to be stored: unique among the writes of a history, and never
/// <see cref="Missing"/> there.</param>
/// <param name="Start">A moment before the call, in ticks of any clock that all threads share.</param>
/// <param name="End">A moment after it returned; of a call that never did, the moment from which on it can have no
/// effect any more, or <see cref="long.MaxValue"/>.</param>
public readonly record struct HistoryOperation(HistoryOperationKind Kind, int Key, long Value, long Start, long End)
{
    /// <summary>The value of a key that is not there.</summary>
    public const long Missing = 0;

    /// <summary>The value that the key must have for the operation to be done; only where the kind has one.</summary>
    public long Expected { get; init; }

    /// <summary>What came of it.</summary>
    public HistoryOutcome Outcome { get; init; }

    /// <summary>Whether it is there to change the key.</summary>
    public bool IsWrite => Kind != HistoryOperationKind.Get;

    /// <summary>A key's value from before the history begins.</summary>
    public static HistoryOperation Initial(int key, long value) =>
        new(value == Missing ? HistoryOperationKind.Clear : HistoryOperationKind.Set, key, value, long.MinValue,
            long.MinValue);

    /// <summary>Whether the key is changed where it has a value.</summary>
    internal bool Holds(long present) => Kind switch
    {
        HistoryOperationKind.Get => present == Value,
        HistoryOperationKind.Set or HistoryOperationKind.Clear => true,
        HistoryOperationKind.Remove or HistoryOperationKind.SetIfPresent => present != Missing,
        HistoryOperationKind.SetIfValue or HistoryOperationKind.RemoveIfValue => present == Expected,
        _ => throw new InvalidOperationException($"There is no operation {Kind}."),
    };

    /// <summary>The key's value when it was changed.</summary>
    internal long Result => Kind is HistoryOperationKind.Remove or HistoryOperationKind.RemoveIfValue ? Missing : Value;
}

/// <summary>What can be done to a key.</summary>
public enum HistoryOperationKind
{
    /// <summary>Read it.</summary>
    Get,

    /// <summary>Give it a value.</summary>
    Set,

    /// <summary>Give it a value if it is there.</summary>
    SetIfPresent,

    /// <summary>Give it a value if it has an expected one, or is not there where that is
    /// <see cref="HistoryOperation.Missing"/>.</summary>
    SetIfValue,

    /// <summary>Remove it; done if it was there.</summary>
    Remove,

    /// <summary>Remove it if it has an expected value.</summary>
    RemoveIfValue,

    /// <summary>Remove it whether it is there or not, without saying which.</summary>
    Clear,
}

/// <summary>What came of an operation.</summary>
public enum HistoryOutcome
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>It was not, because its condition did not hold.</summary>
    NotDone,

    /// <summary>Nobody knows: it was done or not, some time before its end.</summary>
    Unknown,
}
