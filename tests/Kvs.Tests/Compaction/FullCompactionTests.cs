using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Compacting by hand leaves what is needed, and nothing else.</summary>
public sealed class FullCompactionTests
{
    /// <summary>A tombstone was copied because the record that it hid was still there, in a segment that went a moment
    /// later; the copy lay in a segment that was not full, at which the second pass did not look.</summary>
    [Fact]
    public void It_leaves_no_tombstone_that_hides_nothing_any_more()
    {
        const int Keys = 100;
        using var files = new SimulatedFiles();
        ByHand.InSession(files, store =>
        {
            for (int key = 0; key < Keys; key++)
            {
                store.Set(ByHand.Key(key, 50), "value"u8);
            }

            for (int key = 1; key < Keys; key++)
            {
                Assert.True(store.Remove(ByHand.Key(key, 50)));
            }
        });
        ByHand.InSession(files, store =>
        {
            store.Compact();
            Assert.Equal(0, store.Statistics.TombstoneBytes);
        });
        LogFrame record = Assert.Single(LogImage.Frames(files), frame => frame.IsRecord);
        Assert.NotEqual(HandMade.Remove, record.Kind);
        using KvStore last = ByHand.Open(files);
        Assert.Equal(1, last.Statistics.Keys);
        Assert.True(last.TryGet(ByHand.Key(0, 50), out byte[]? _));
    }
}
