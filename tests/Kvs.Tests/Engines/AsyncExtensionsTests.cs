namespace Kvs.Tests;

/// <summary>What asynchronous writes wait for, and what they do not.</summary>
public sealed class AsyncExtensionsTests : IDisposable
{
    private readonly WaitingEngine _engine = new();
    private readonly WriteBatch _batch = new();

    public AsyncExtensionsTests() => _batch.Set("batch", "1");

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task A_write_to_the_disk_goes_to_the_process_and_is_done_when_the_flush_is()
    {
        Func<Task>[] writes =
        [
            async () => await _engine.SetAsync("text", "1"),
            async () => await _engine.SetAsync("bytes"u8.ToArray(), new byte[1]),
            async () => await _engine.TrySetAsync("text", "2", WriteOptions.IfPresent),
            async () => await _engine.IncrementAsync("count"u8.ToArray(), 1),
            async () => await _engine.TryWriteAsync(_batch),
            async () => await _engine.WriteAsync(_batch),
            async () => await _engine.RemoveAsync("text"),
        ];
        _engine.Durability = Durability.Disk;
        foreach (Func<Task> write in writes)
        {
            _engine.BeginFlush();
            Task task = write();
            Assert.False(task.IsCompleted);
            Assert.Equal(Durability.Process, _engine.LastLevel);
            _engine.EndFlush();
            await task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Theory]
    [InlineData(Durability.Disk, null, true)]
    [InlineData(Durability.Disk, Durability.Disk, true)]
    [InlineData(Durability.Process, Durability.Disk, true)]
    [InlineData(Durability.Disk, Durability.Process, false)]
    [InlineData(Durability.Interval, null, false)]
    [InlineData(Durability.Process, Durability.Interval, false)]
    public void Only_the_disk_is_waited_for(Durability ofEngine, Durability? ofWrite, bool waits)
    {
        _engine.Durability = ofEngine;
        _engine.BeginFlush();
        var options = new WriteOptions { Durability = ofWrite };
        Task set = _engine.TrySetAsync("key", "value", options).AsTask();
        Assert.Equal(waits ? Durability.Process : ofWrite, _engine.LastLevel);
        Task batch = _engine.TryWriteAsync(_batch, ofWrite).AsTask();
        Assert.Equal(waits ? Durability.Process : ofWrite, _engine.LastLevel);
        Assert.Equal((!waits, !waits), (set.IsCompleted, batch.IsCompleted));
        _engine.EndFlush();
    }

    [Fact]
    public async Task A_write_that_was_not_made_waits_for_nothing()
    {
        _engine.Durability = Durability.Disk;
        _engine.BeginFlush();
        _batch.Require("key", 7);
        TimeSpan hangs = TimeSpan.FromSeconds(60);
        Task<WriteResult> set = _engine.TrySetAsync("key", "value", WriteOptions.IfPresent).AsTask();
        Assert.False((await set.WaitAsync(hangs)).IsDone);
        Assert.False(await _engine.RemoveAsync("key").AsTask().WaitAsync(hangs));
        Assert.False(await _engine.TryWriteAsync(_batch).AsTask().WaitAsync(hangs));
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting_and_not_the_write()
    {
        _engine.Durability = Durability.Disk;
        _engine.BeginFlush();
        using var cancellation = new CancellationTokenSource();
        Task set = _engine.SetAsync("during", "1", cancellation.Token).AsTask();
        Assert.False(set.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set.WaitAsync(TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _engine.SetAsync("before", "2", cancellation.Token));
        Assert.Equal(("1", "2"), (_engine.GetString("during"), _engine.GetString("before")));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _engine.GetAsync("before", cancellation.Token));
    }

    [Fact]
    public async Task A_flush_that_fails_fails_the_write()
    {
        _engine.Durability = Durability.Disk;
        _engine.BeginFlush();
        Task set = _engine.SetAsync("key", "value").AsTask();
        _engine.EndFlush(new KvsWriteException("The sync failed.", isFinal: true));
        await Assert.ThrowsAsync<KvsWriteException>(() => set.WaitAsync(TimeSpan.FromSeconds(60)));
    }
}
