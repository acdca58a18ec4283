using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers;

/// <summary>No store at all: answers every get with the value that belongs to the key. Shows what the measuring itself
/// costs.</summary>
internal sealed class NoneDriver(ValuePattern pattern) : IDriver
{
    internal const string Description = "no store: what the measuring itself costs";

    /// <inheritdoc/>
    public long? IndexBytes => null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => new Session(pattern);

    /// <inheritdoc/>
    public void Settle()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Session(ValuePattern pattern) : IDriverSession
    {
        private readonly byte[] _value = new byte[pattern.MaxBytes];

        public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
        }

        public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
        {
            ulong tag = KeyPattern.ReadTag(key);
            valueBytes = pattern.BytesOf(tag);
            Span<byte> value = destination[..valueBytes];
            pattern.Prepare(value);
            ValuePattern.Write(value, tag);
            return true;
        }

        public void SetMany(ReadOnlySpan<KvsEntry> entries)
        {
        }

        public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values)
        {
            for (int i = 0; i < keys.Length; i++)
            {
                TryGet(keys[i].Span, _value, out int valueBytes);
                var info = new ValueInfo(valueBytes, Version: 1, ExpiryMilliseconds: 0);
                values.Found(i, _value.AsSpan(0, valueBytes), info);
            }
        }

        public void Dispose()
        {
        }
    }
}
