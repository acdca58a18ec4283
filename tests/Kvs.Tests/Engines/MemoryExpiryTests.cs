using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Memory;

namespace Kvs.Tests;

/// <summary>What the engine <c>memory</c> promises of entries that expire besides the contract: they take nothing.
/// </summary>
public sealed class MemoryExpiryTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly HandDrivenClock _clock = new();
    private readonly MemoryEngine _engine;

    public MemoryExpiryTests() => _engine = new MemoryEngine(clock: _clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Statistics_count_what_is_there()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _engine.Set($"key-{i:000}", "value", Hour);
            _engine.Set($"key-{i:000}", "other", (1 + (i % 2)) * Hour);
        }

        Assert.Equal((1_000, 12_000), Count());
        _clock.Advance(Hour);
        Assert.Equal((500, 6_000), Count());
        _engine.Persist("key-001");
        _clock.Advance(Hour);
        Assert.Equal((1, 12), Count());
        Assert.True(_engine.Remove("key-001"));
        Assert.Equal((0, 0), Count());
    }

    [Fact]
    public void What_was_replaced_before_its_moment_is_let_go_at_once()
    {
        WeakReference first = SetAndRefer();
        _engine.Set("key", "other", Hour);
        GC.Collect();
        Assert.False(first.IsAlive);
    }

    [Fact]
    public void What_has_expired_is_let_go_when_it_is_met()
    {
        WeakReference first = SetAndRefer();
        _clock.Advance(Hour);
        Assert.False(_engine.Contains("key"));
        GC.Collect();
        Assert.False(first.IsAlive);
    }

    private (long Keys, long Bytes) Count()
    {
        EngineStatistics statistics = _engine.GetStatistics();
        return (statistics.Keys, statistics.LiveBytes);
    }

    /// <summary>A method of its own, so that nothing on the stack holds the array.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference SetAndRefer()
    {
        _engine.Set("key", "value", Hour);
        using ValueLease? lease = _engine.TryLease("key");
        Assert.True(MemoryMarshal.TryGetArray(lease!.Value, out ArraySegment<byte> array));
        return new WeakReference(array.Array);
    }
}
