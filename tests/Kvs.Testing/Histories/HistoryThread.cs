using System.Diagnostics;

namespace Kvs.Testing;

/// <summary>One thread, or client, of a history: chooses operations, makes them, and records what it sees. For one
/// thread.</summary>
/// <param name="keys">The keys, by number.</param>
/// <param name="lastingKeys">How many of them, the first ones, are never removed.</param>
/// <param name="random">Decides what is done.</param>
public sealed class HistoryThread(byte[][] keys, int lastingKeys, Random random)
{
    private readonly byte[] _buffer = new byte[RegisterValue.MaxBytes];

    /// <summary>The number of its next value; unique among those of all threads, and not
    /// <see cref="HistoryOperation.Missing"/>.</summary>
    public required long NextValue { get; set; }

    /// <summary>How far its values' numbers are apart.</summary>
    public required long ValueStep { get; init; }

    /// <summary>What is read and written; may be replaced between two operations.</summary>
    public required IHistoryTarget Target { get; set; }

    /// <summary>What it has done so far.</summary>
    public List<HistoryOperation> Operations { get; } = [];

    /// <summary>Threads of a history, whose values are never the same.</summary>
    /// <param name="count">How many.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="lastingKeys">How many keys are never removed.</param>
    /// <param name="seed">Decides what they do; not when, which is the machine's.</param>
    /// <param name="target">What each reads and writes.</param>
    public static HistoryThread[] MakeMany(
        int count, byte[][] keys, int lastingKeys, int seed, Func<int, IHistoryTarget> target) =>
        [.. Enumerable.Range(0, count).Select(thread => new HistoryThread(
            keys, lastingKeys, new Random(unchecked(seed + thread)))
        {
            NextValue = 1 + thread,
            ValueStep = count,
            Target = target(thread),
        })];

    /// <summary>Makes any one operation. Where it throws, a write is recorded as one whose outcome nobody knows.
    /// </summary>
    public void Step()
    {
        int key = random.Next(keys.Length);
        bool mayGo = key >= lastingKeys;
        switch (random.Next(Target.HasConditions ? 12 : 8))
        {
            case < 4:
                Get(key);
                break;
            case 4 when mayGo:
                Remove(key);
                break;
            case < 8:
                Set(key);
                break;
            case 8:
                SetIfPresent(key);
                break;
            case 9 when mayGo:
                RemoveIfVersion(key);
                break;
            default:
                SetIfVersion(key);
                break;
        }
    }

    /// <summary>Stores a value of its own.</summary>
    public void Set(int key) => SetNext(HistoryOperationKind.Set, key, 0, value =>
    {
        Target.Set(keys[key], value);
        return true;
    });

    /// <summary>Reads a key; returns its version.</summary>
    public ulong Get(int key, out long value)
    {
        long start = Stopwatch.GetTimestamp();
        int length = Target.Get(keys[key], _buffer, out ulong version);
        long end = Stopwatch.GetTimestamp();
        if (length > _buffer.Length)
        {
            throw new HistoryViolationException($"A get returned {length} bytes, which nobody wrote.");
        }

        value = length < 0 ? HistoryOperation.Missing : RegisterValue.Read(_buffer.AsSpan(0, length));
        Operations.Add(new HistoryOperation(HistoryOperationKind.Get, key, value, start, end));
        return version;
    }

    /// <summary>Reads a key.</summary>
    public void Get(int key) => Get(key, out _);

    private void Remove(int key) =>
        Record(HistoryOperationKind.Remove, key, HistoryOperation.Missing, 0, () => Target.Remove(keys[key]));

    private void SetIfPresent(int key) => SetNext(HistoryOperationKind.SetIfPresent, key, 0, value =>
        Target.TrySet(keys[key], value, WriteCondition.IfPresent));

    private void SetIfVersion(int key)
    {
        ulong version = Get(key, out long expected);
        SetNext(HistoryOperationKind.SetIfValue, key, expected, value =>
            Target.TrySet(keys[key], value, WriteCondition.IfVersion(version)));
    }

    private void RemoveIfVersion(int key)
    {
        ulong version = Get(key, out long expected);
        if (expected != HistoryOperation.Missing)
        {
            Record(HistoryOperationKind.RemoveIfValue, key, HistoryOperation.Missing, expected,
                () => Target.TryRemove(keys[key], version));
        }
    }

    private delegate bool Setter(ReadOnlySpan<byte> value);

    private void SetNext(HistoryOperationKind kind, int key, long expected, Setter set)
    {
        long value = NextValue;
        NextValue += ValueStep;
        int length = RegisterValue.Write(value, _buffer);
        Record(kind, key, value, expected, () => set(_buffer.AsSpan(0, length)));

        // The engine must not look at the caller's memory once it has returned.
        _buffer.AsSpan(0, length).Fill(0xEE);
    }

    private void Record(HistoryOperationKind kind, int key, long value, long expected, Func<bool> write)
    {
        long start = Stopwatch.GetTimestamp();
        var operation = new HistoryOperation(kind, key, value, start, long.MaxValue)
        {
            Expected = expected,
            Outcome = HistoryOutcome.Unknown,
        };
        try
        {
            bool isDone = write();
            operation = operation with
            {
                End = Stopwatch.GetTimestamp(),
                Outcome = isDone ? HistoryOutcome.Done : HistoryOutcome.NotDone,
            };
        }
        finally
        {
            Operations.Add(operation);
        }
    }
}
