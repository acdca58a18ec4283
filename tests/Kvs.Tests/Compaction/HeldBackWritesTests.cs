using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Writes that wait for garbage to be won back go on when it was, or when there is none.</summary>
public sealed class HeldBackWritesTests
{
    /// <summary>Where records waste much of their chunks, a store may be over its bound without any garbage. Its writes
    /// waited for a segment to be sealed whose last frame was a commit record, and the epoch of that was never ended,
    /// because nothing was written any more: every writer waited for ever.</summary>
    [Theory]
    [InlineData(Durability.Interval)]
    [InlineData(Durability.Process)]
    public async Task Without_garbage_they_do_not_wait_for_ever(Durability durability)
    {
        const int Writes = 1_500;
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files, durability) with
        {
            SyncInterval = TimeSpan.FromMilliseconds(5),
            Compaction = new CompactionOptions { GarbageRatio = 0.05 },
        });
        Task writer = Task.Run(() =>
        {
            for (int number = 0; number < Writes; number++)
            {
                store.Set(ByHand.Key(number, 1_000), new byte[10]);
            }
        });
        await writer.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.NotEqual(0, store.Statistics.TimesHeldBack);
        Assert.Equal(Writes, store.Statistics.Keys);
    }
}
