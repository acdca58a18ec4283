using Kvs.Compaction;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A tombstone goes when nothing needs it, and no sooner: what was removed never comes back, and nothing else
/// goes with it.</summary>
public sealed class TombstoneTests
{
    private const int LongKeyBytes = 1000;

    /// <summary>A tombstone whose key was set again was counted as dead when the store was opened, and once more when it
    /// was found to be unnecessary. Its segment then seemed to hold nothing, and was removed with all that it held.
    /// </summary>
    [Fact]
    public void A_tombstone_that_was_overwritten_takes_no_live_record_with_it()
    {
        const int Keys = 150;
        using var files = new SimulatedFiles();
        ByHand.InSession(files, store =>
        {
            ForEach(Keys, key => store.Set(key, "old"u8));
            for (int number = 0; number < 1500; number++)
            {
                store.Set(ByHand.Text(number), new string('x', 900));
            }
        });
        ByHand.InSession(files, store =>
        {
            ForEach(Keys, key => store.Remove(key));
            store.Set("beside", "live");
        });
        ByHand.InSession(files, store => ForEach(Keys, key => store.Set(key, "new"u8)));

        using var counted = new ManualResetEventSlim();
        KvStoreOptions options = ByHand.OptionsOn(files) with
        {
            Compaction = new CompactionOptions { GarbageRatio = 10 },
            AtCompactionStep = step =>
            {
                if (step == CompactionStep.CensusTaken)
                {
                    counted.Set();
                }
            },
        };
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            counted.Wait();
        }

        using KvStore reopened = ByHand.Open(files);
        Assert.Equal("live", reopened.GetString("beside"));
        ForEach(Keys, key => Assert.Equal("new", ReadText(reopened, key)));
        for (int number = 0; number < 1500; number++)
        {
            Assert.True(reopened.Contains(ByHand.Text(number)));
        }
    }

    /// <summary>The length of a long record that nobody needs was taken from the record as it stood. A bit that had
    /// flipped in it made its segment seem to hold nothing else, and it was removed.</summary>
    [Fact]
    public void A_damaged_record_that_nobody_needs_takes_no_live_record_with_it()
    {
        using var files = new SimulatedFiles();
        ByHand.InSession(files, store =>
        {
            store.Set("overwritten"u8, new byte[4000]);
            store.Set("beside", "live");
        });
        ByHand.InSession(files, store => store.Set("overwritten", "new"));
        LogFrame dead = LogImage.Frames(files).Find(frame => frame.IsRecord && frame.Length > 4000)!;
        files.FlipBit(dead.Path, dead.Offset + 2, bit: 0);
        ByHand.InSession(files, store => Assert.Equal("live", store.GetString("beside")));
        ByHand.InSession(files, store => Assert.Equal("live", store.GetString("beside")));
    }

    private static void ForEach(int keys, Action<byte[]> act)
    {
        for (int number = 0; number < keys; number++)
        {
            act(ByHand.Key(number, LongKeyBytes));
        }
    }

    private static string? ReadText(KvStore store, byte[] key) =>
        store.TryGet(key, out byte[]? value) ? System.Text.Encoding.ASCII.GetString(value) : null;
}
