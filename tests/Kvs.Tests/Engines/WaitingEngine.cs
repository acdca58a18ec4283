using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Kvs.Memory;

namespace Kvs.Tests;

/// <summary>A store in memory of any durability, whose flushes end when a test says so.</summary>
internal sealed class WaitingEngine : IKvsEngine
{
    private readonly MemoryEngine _inner = new();
    private TaskCompletionSource _flush = new();

    public Durability Durability { get; set; }

    /// <summary>The level that the last write asked for.</summary>
    internal Durability? LastLevel { get; private set; }

    public string Name => _inner.Name;

    public Limits Limits => _inner.Limits;

    internal void BeginFlush() => _flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void EndFlush() => _flush.SetResult();

    internal void EndFlush(Exception failure) => _flush.SetException(failure);

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => TrySet(key, value, default);

    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        LastLevel = options.Durability;
        return _inner.TrySet(key, value, options);
    }

    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        LastLevel = options.Durability;
        return _inner.TrySet(key, value, valueBytes, options);
    }

    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default)
    {
        LastLevel = options.Durability;
        _inner.SetMany(entries, options);
    }

    public bool Remove(ReadOnlySpan<byte> key) => TryRemove(key, default).IsDone;

    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options)
    {
        LastLevel = options.Durability;
        return _inner.TryRemove(key, options);
    }

    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        LastLevel = options.Durability;
        return _inner.Increment(key, delta, options);
    }

    public bool TryWrite(WriteBatch batch, Durability? durability = null)
    {
        LastLevel = durability;
        return _inner.TryWrite(batch, durability);
    }

    public void Flush() => _inner.Flush();

    public ValueTask FlushAsync(CancellationToken cancellation = default) =>
        new(_flush.Task.WaitAsync(cancellation));

    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value) => _inner.TryGet(key, out value);

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination) => _inner.TryGet(key, destination);

    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes) =>
        _inner.TryGet(key, destination, out valueBytes);

    public bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info) =>
        _inner.TryRead(key, destination, out info);

    public ValueLease? TryLease(ReadOnlySpan<byte> key) => _inner.TryLease(key);

    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct => _inner.GetMany(keys, ref receiver);

    public ScanPage Scan(
        ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default, bool keysOnly = false) =>
        _inner.Scan(cursor, maxEntries, maxBytes, prefix, keysOnly);

    public EngineStatistics GetStatistics() => _inner.GetStatistics();

    public void Dispose() => _inner.Dispose();
}
