namespace Kvs.Tests;

/// <summary>A clock that a test moves. Any thread may read it meanwhile.</summary>
public sealed class HandDrivenClock : TimeProvider
{
    private long _utcTicks = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    public DateTimeOffset Now => GetUtcNow();

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _utcTicks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _utcTicks, by.Ticks);
}
