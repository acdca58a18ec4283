using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Kvs.Memory;

namespace Kvs.Server.Tests.Support;

/// <summary>A store in memory that fails for some keys, waits for some, and counts gets.</summary>
internal sealed class FaultyEngine : IKvsEngine
{
    internal const string WriteFails = "write fails";
    internal const string SyncFails = "sync fails";
    internal const string IsDamaged = "damaged";
    internal const string HasBug = "bug";
    internal const string Waits = "waits";

    private readonly MemoryEngine _inner = new();
    private int _gets;
    private int _syncs;

    /// <summary>Open while keys that wait need not.</summary>
    internal ManualResetEventSlim Gate { get; } = new(initialState: false);

    /// <summary>Set when a call waits.</summary>
    internal ManualResetEventSlim Reached { get; } = new(initialState: false);

    internal int Gets => Volatile.Read(ref _gets);

    public string Name => _inner.Name;

    public Limits Limits => _inner.Limits;

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        FailFor(key);
        _inner.Set(key, value);
    }

    public Durability Durability { get; init; } = Durability.Process;

    /// <summary>What syncs wait for; each takes the next one. When there is none, a sync ends at once.</summary>
    internal ConcurrentQueue<Task> Syncs { get; } = new();

    internal int SyncsBegun => Volatile.Read(ref _syncs);

    public WriteResult TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        FailFor(key);
        return _inner.TrySet(key, value, options);
    }

    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        FailFor(key);
        return _inner.TrySet(key, value, valueBytes, options);
    }

    public void SetMany(ReadOnlySpan<KvsEntry> entries, in WriteOptions options = default)
    {
        foreach (KvsEntry entry in entries)
        {
            FailFor(entry.Key.Span);
            _inner.TrySet(entry.Key.Span, entry.Value.Span, options);
        }
    }

    public WriteResult TryRemove(ReadOnlySpan<byte> key, in WriteOptions options)
    {
        FailFor(key);
        return _inner.TryRemove(key, options);
    }

    public long Increment(ReadOnlySpan<byte> key, long delta, in WriteOptions options = default)
    {
        FailFor(key);
        return _inner.Increment(key, delta, options);
    }

    public bool TryWrite(WriteBatch batch, Durability? durability = null) => _inner.TryWrite(batch, durability);

    public void Flush() => _inner.Flush();

    public async ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        _ = Interlocked.Increment(ref _syncs);
        if (Syncs.TryDequeue(out Task? sync))
        {
            await sync.WaitAsync(cancellation);
        }
    }

    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        FailFor(key);
        return _inner.TryGet(key, out value);
    }

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        FailFor(key);
        return _inner.TryGet(key, destination);
    }

    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        Interlocked.Increment(ref _gets);
        FailFor(key);
        return _inner.TryGet(key, destination, out valueBytes);
    }

    public bool TryRead(ReadOnlySpan<byte> key, Span<byte> destination, out ValueInfo info)
    {
        Interlocked.Increment(ref _gets);
        FailFor(key);
        return _inner.TryRead(key, destination, out info);
    }

    public ValueLease? TryLease(ReadOnlySpan<byte> key)
    {
        FailFor(key);
        return _inner.TryLease(key);
    }

    public void GetMany<TReceiver>(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref TReceiver receiver)
        where TReceiver : IValueReceiver, allows ref struct
    {
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            Interlocked.Increment(ref _gets);
            FailFor(key.Span);
        }

        _inner.GetMany(keys, ref receiver);
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        FailFor(key);
        return _inner.Remove(key);
    }

    public ScanPage Scan(
        ulong cursor, int maxEntries, long maxBytes, ReadOnlySpan<byte> prefix = default, bool keysOnly = false) =>
        _inner.Scan(cursor, maxEntries, maxBytes, prefix, keysOnly);

    /// <summary>Why it is said to take no more writes; null while it does.</summary>
    internal string? PoisonReason { get; init; }

    public EngineStatistics GetStatistics() => PoisonReason is null
        ? _inner.GetStatistics()
        : new KvStoreStatistics { Engine = Name, Keys = 0, PoisonReason = PoisonReason };

    public void Dispose()
    {
        Gate.Dispose();
        Reached.Dispose();
        _inner.Dispose();
    }

    private void FailFor(ReadOnlySpan<byte> key)
    {
        switch (Encoding.UTF8.GetString(key))
        {
            case WriteFails:
                throw new KvsWriteException("The disk is full.", isFinal: false);
            case SyncFails:
                throw new KvsWriteException("The sync failed.", isFinal: true);
            case IsDamaged:
                throw new KvsDamageException("0001.log", 4711, "the checksum fails");
            case HasBug:
                throw new InvalidOperationException("a bug");
            case Waits:
                Reached.Set();
                Assert.True(Gate.Wait(TimeSpan.FromSeconds(60)), "hangs");
                break;
            default:
                break;
        }
    }
}
