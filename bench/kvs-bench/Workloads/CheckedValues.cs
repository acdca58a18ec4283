namespace Kvs.Bench.Workloads;

/// <summary>Checks what gets bring, and counts what is wrong.</summary>
/// <remarks>Used by one thread, and changed in place: hand it on by reference.</remarks>
internal struct CheckedValues(ValuePattern pattern, ulong[] tags) : IValueReceiver
{
    private int _next;

    /// <summary>Values that were missing, wrong, or not told of.</summary>
    internal long Errors { get; private set; }

    /// <summary>The first of them, in words.</summary>
    internal string? FirstError { get; private set; }

    /// <summary>Begins a batch of gets, whose tags are in the array that was given.</summary>
    internal void Begin() => _next = 0;

    /// <summary>Ends it: each of its gets must have been answered.</summary>
    internal void End(int count)
    {
        if (_next != count)
        {
            Report($"of {count} keys of a batch, {_next} were answered");
        }
    }

    /// <inheritdoc/>
    public void Found(int index, ReadOnlySpan<byte> value, in ValueInfo info)
    {
        CheckTurn(index);
        Check(value, tags[index]);
    }

    /// <inheritdoc/>
    public void Missing(int index)
    {
        CheckTurn(index);
        ReportMissing(tags[index]);
    }

    /// <summary>Checks the value of the key with a tag.</summary>
    internal void Check(ReadOnlySpan<byte> value, ulong tag)
    {
        if (!pattern.IsValue(value, tag))
        {
            Report($"a key's value is wrong: {value.Length} bytes that are not those of {tag:x16}");
        }
    }

    /// <summary>Counts a key that should be there.</summary>
    internal void ReportMissing(ulong tag) => Report($"a key is missing: the one whose value is {tag:x16}");

    /// <summary>Counts an error.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="count">How many operations it is about.</param>
    internal void Report(string message, int count = 1)
    {
        Errors += count;
        FirstError ??= message;
    }

    private void CheckTurn(int index)
    {
        if (index != _next++)
        {
            Report($"the answers of a batch are out of order: {index} instead of {_next - 1}");
        }
    }
}
