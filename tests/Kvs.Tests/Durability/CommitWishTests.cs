using System.Buffers;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A write that wants to be durable within the interval is, whenever it comes.</summary>
public sealed class CommitWishTests
{
    private static readonly TimeSpan s_farBelowTheLongestInterval = TimeSpan.FromSeconds(20);

    /// <summary>The wish was noted down until the commit began its sync. One that came after the epoch had ended was
    /// taken for a part of that commit, but the write was stamped with the next epoch, and waited for half a
    /// minute.</summary>
    [Fact]
    public void A_write_that_is_made_while_an_epoch_ends_is_committed_within_the_interval()
    {
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open(SmallStore.Folder,
            SmallStore.OptionsOn(files) with { SyncInterval = TimeSpan.FromMilliseconds(20) });
        var soon = new WriteOptions { Durability = Durability.Interval };
        store.Set("held", "value");
        long before = store.Statistics.Commits;

        using var isInside = new ManualResetEventSlim();
        using var mayLeave = new ManualResetEventSlim();
        var reader = new Thread(() => store.TryGet("held"u8, new SlowDestination(isInside, mayLeave)));
        reader.Start();
        isInside.Wait();
        Assert.True(store.TrySet("first"u8, "1"u8, soon).IsDone);
        ulong first = LastEpoch(files);
        Assert.True(SpinWait.SpinUntil(() => HasEpochEnded(store, files, first), s_farBelowTheLongestInterval));

        // The commit waits for the reader; this write is in the epoch behind it.
        Assert.True(store.TrySet("second"u8, "2"u8, soon).IsDone);
        mayLeave.Set();
        reader.Join();
        Assert.True(SpinWait.SpinUntil(() => store.Statistics.Commits >= before + 2, s_farBelowTheLongestInterval));
    }

    private static bool HasEpochEnded(KvStore store, SimulatedFiles files, ulong epoch)
    {
        Thread.Sleep(1);
        store.Set("probe", "value");
        return LastEpoch(files) > epoch;
    }

    private static ulong LastEpoch(SimulatedFiles files) =>
        LogImage.Frames(files).Where(frame => frame.IsRecord).Max(frame => frame.Epoch);

    private sealed class SlowDestination(ManualResetEventSlim isInside, ManualResetEventSlim mayLeave)
        : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[100];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            isInside.Set();
            mayLeave.Wait();
            return _buffer;
        }
    }
}
