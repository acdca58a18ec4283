using System.Diagnostics;

namespace Kvs.Testing;

/// <summary>One thread of a <see cref="RegisterWorkload"/>, and what it has seen.</summary>
internal sealed class RegisterThread(IKvsEngine engine, byte[][] keys, int lastingKeys, Random random)
{
    private readonly byte[] _buffer = new byte[RegisterValue.MaxBytes];

    internal required long NextValue { get; set; }

    internal required long ValueStep { get; init; }

    internal List<RegisterOperation> Operations { get; } = [];

    internal void RunRound(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            int key = random.Next(keys.Length);
            int choice = random.Next(8);
            if (choice < 4)
            {
                Get(key);
            }
            else if (choice == 7 && key >= lastingKeys)
            {
                Remove(key);
            }
            else
            {
                Set(key, NextValue);
                NextValue += ValueStep;
            }
        }
    }

    internal void Set(int key, long value)
    {
        int length = RegisterValue.Write(value, _buffer);
        long start = Stopwatch.GetTimestamp();
        engine.Set(keys[key], _buffer.AsSpan(0, length));
        Record(RegisterOperationKind.Set, key, value, start);

        // The engine must not look at the caller's memory once it has returned.
        _buffer.AsSpan(0, length).Fill(0xEE);
    }

    internal void Get(int key)
    {
        long start = Stopwatch.GetTimestamp();
        bool isThere = engine.TryGet(keys[key], _buffer, out int length);
        long end = Stopwatch.GetTimestamp();
        if (length > _buffer.Length)
        {
            throw new HistoryViolationException($"A get returned {length} bytes, which nobody wrote.");
        }

        long value = isThere ? RegisterValue.Read(_buffer.AsSpan(0, length)) : RegisterOperation.Missing;
        Operations.Add(new RegisterOperation(RegisterOperationKind.Get, key, value, start, end));
    }

    private void Remove(int key)
    {
        long start = Stopwatch.GetTimestamp();
        bool wasThere = engine.Remove(keys[key]);
        RegisterOperationKind kind = wasThere ? RegisterOperationKind.Remove : RegisterOperationKind.Get;
        Record(kind, key, RegisterOperation.Missing, start);
    }

    private void Record(RegisterOperationKind kind, int key, long value, long start) =>
        Operations.Add(new RegisterOperation(kind, key, value, start, Stopwatch.GetTimestamp()));
}
