using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A flush whose end is told by a callback, on the thread that commits.</summary>
public sealed class FlushThenTests : IDisposable
{
    private static readonly TimeSpan s_hangs = TimeSpan.FromSeconds(60);

    private readonly SimulatedFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task When_the_callback_comes_a_power_cut_takes_nothing_that_was_written_before()
    {
        using KvStore store = Open();
        for (int i = 0; i < 50; i++)
        {
            store.Set($"key-{i}", "value");
            TaskCompletionSource<SimulatedFiles> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!store.FlushThen(failure => told.SetResult(Cut(failure))))
            {
                told.SetResult(Cut(failure: null));
            }

            using SimulatedFiles image = await told.Task.WaitAsync(s_hangs);
            using KvStore after = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(image));
            Assert.Equal("value", after.GetString($"key-{i}"));
        }
    }

    [Fact]
    public async Task A_callback_may_ask_for_the_next_flush()
    {
        using KvStore store = Open();
        TaskCompletionSource<Exception?> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Set("key", "value");
        Assert.True(store.FlushThen(_ => Next(10)));
        Assert.Null(await told.Task.WaitAsync(s_hangs));

        void Next(int left)
        {
            if (left == 0 || !store.FlushThen(_ => Next(left - 1)))
            {
                told.SetResult(null);
            }
        }
    }

    [Fact]
    public async Task A_sync_that_fails_is_told_and_later_calls_are_refused()
    {
        KvStore store = Open();
        SmallStore.WaitForReadySegment(_files);
        TaskCompletionSource<Exception?> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _files.FailSync(path: path => path.EndsWith("segment-0000000000000001", StringComparison.Ordinal));
        store.Set("key", "value");
        Assert.True(store.FlushThen(told.SetResult));
        Assert.IsType<KvsWriteException>(await told.Task.WaitAsync(s_hangs));
        Assert.Throws<KvsWriteException>(() => store.FlushThen(_ => Assert.Fail("nobody was to be told")));
        await Assert.ThrowsAsync<KvsWriteException>(async () => await store.FlushAsync());
        Assert.Throws<KvsWriteException>(store.Dispose);
    }

    [Fact]
    public void A_closed_store_refuses()
    {
        KvStore store = Open();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.FlushThen(_ => Assert.Fail("nobody was to be told")));
    }

    private KvStore Open() => KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(_files));

    private SimulatedFiles Cut(Exception? failure)
    {
        Assert.Null(failure);
        return _files.CrashPower(PowerCut.DropUnsynced);
    }
}
