namespace Kvs.Testing;

/// <summary>One call of the store under test, as the log keeps it and faults match it.</summary>
/// <param name="Kind">What was asked for.</param>
/// <param name="Path">The full path of the file or folder.</param>
/// <param name="To">The new path, for <see cref="FileOperation.Rename"/>.</param>
/// <param name="Length">The length that was asked for, where the call has one.</param>
public readonly record struct SimulatedOperation(FileOperation Kind, string Path, string? To = null, long Length = 0)
{
    /// <summary>Counts all operations of a file system, from 1.</summary>
    public long Number { get; init; }

    /// <summary>Whether the call ended with an error, injected or not.</summary>
    public bool HasFailed { get; init; }
}
