using Kvs.Bench.Drivers;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Tests;

/// <summary>A store in memory that does what a test wants it to do wrong.</summary>
internal sealed class FakeDriver : IDriver
{
    private readonly Dictionary<ulong, byte[]> _values = [];

    /// <summary>What becomes of a value that is got: null for a missing one.</summary>
    internal Func<byte[], byte[]?> Spoil { get; set; } = value => value;

    /// <summary>Called with each set.</summary>
    internal Action OnSet { get; set; } = () => { };

    /// <summary>How many keys are left unanswered at the end of a call that gets many.</summary>
    internal int Unanswered { get; set; }

    internal int Count => _values.Count;

    public long? IndexBytes => null;

    public IDriverSession CreateSession() => new Session(this);

    public void Settle()
    {
    }

    public void Dispose()
    {
    }

    private byte[]? Find(ReadOnlySpan<byte> key)
    {
        lock (_values)
        {
            return _values.TryGetValue(KeyPattern.ReadTag(key), out byte[]? value) ? Spoil(value) : null;
        }
    }

    private sealed class Session(FakeDriver driver) : IDriverSession
    {
        public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            driver.OnSet();
            lock (driver._values)
            {
                driver._values[KeyPattern.ReadTag(key)] = value.ToArray();
            }
        }

        public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
        {
            byte[]? value = driver.Find(key);
            valueBytes = value?.Length ?? 0;
            if (value?.Length <= destination.Length)
            {
                value.CopyTo(destination);
            }

            return value is not null;
        }

        public void SetMany(ReadOnlySpan<KvsEntry> entries)
        {
            foreach (KvsEntry entry in entries)
            {
                Set(entry.Key.Span, entry.Value.Span);
            }
        }

        public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values)
        {
            for (int i = 0; i < keys.Length - driver.Unanswered; i++)
            {
                if (driver.Find(keys[i].Span) is { } value)
                {
                    values.Found(i, value, default);
                }
                else
                {
                    values.Missing(i);
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
