using System.Text;
using Kvs.Compaction;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A tombstone goes when nothing needs it, and no sooner: what was removed never comes back, and nothing else
/// goes with it.</summary>
public sealed class TombstoneTests : IDisposable
{
    private const int LongKeyBytes = 1000;
    private const int ValueBytes = 900;

    private readonly SimulatedFiles _files = new();

    public void Dispose() => _files.Dispose();

    /// <summary>One segment is compacted in a round, and tombstones are looked at in each: what is far apart in a large
    /// store is so in a small one.</summary>
    private static readonly CompactionOptions s_automatic = new()
    {
        GarbageRatio = 0.05,
        RoundBytes = 1,
        CensusRatio = -1,
    };

    [Fact]
    public void What_was_removed_stays_so_while_an_older_record_lies_in_a_sealed_segment()
    {
        string older = MakeOlderRecord();
        string tombstone = CompactTombstoneOnly();
        Assert.NotEqual(tombstone, Assert.Single(Tombstones()).Path);
        Assert.Contains(older, _files.List(SmallStore.Folder).Select(name => $"{SmallStore.Folder}/{name}"));
        AssertRemovedForEver();
    }

    /// <summary>Of a tombstone and its copy, the one was counted as dead when the store was opened, and the other was
    /// found to be unnecessary afterwards, because there was the one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_removed_stays_so_after_a_death_that_left_its_tombstone_twice(bool isFull)
    {
        MakeOlderRecord();
        using SimulatedFiles died = DieWith(CompactionStep.Swung);
        Assert.Equal(2, Tombstones(died).Count);
        using (KvStore store = KvStore.Open(SmallStore.Folder, Automatic(died, _ => { })))
        {
            if (isFull)
            {
                store.Compact();
            }
        }

        for (int opening = 0; opening < 3; opening++)
        {
            using KvStore store = ByHand.Open(died);
            Assert.False(store.Contains("removed"));
            store.Compact();
            Assert.False(store.Contains("removed"));
        }

        Assert.Empty(Tombstones(died));
    }

    [Fact]
    public void What_was_removed_stays_so_while_an_older_copy_lies_in_a_segment_that_is_written()
    {
        ByHand.InSession(_files, store =>
        {
            store.Set("removed", "old");
            Fill(store, "garbage", 10);
        });
        int compactions = 0;
        KvStore? opened = null;
        using (KvStore store = ByHand.Open(_files, AtStep))
        {
            opened = store;
            Fill(store, "garbage", 10);
            store.Compact();
            Assert.Equal(1, compactions);
            for (int pass = 0; pass < 3; pass++)
            {
                ByHand.AfterDeath(_files, reopened => Assert.False(reopened.Contains("removed")));
                Fill(store, "garbage", 70);
                store.Compact();
            }
        }

        AssertRemovedForEver();

        void AtStep(CompactionStep step)
        {
            // Its copy is there, and will never be the key's record.
            if (step == CompactionStep.Durable && compactions++ == 0)
            {
                Assert.True(opened!.Remove("removed"));
            }
        }
    }

    /// <summary>The copies that a compaction had made before it failed were counted as live. The census did not look
    /// into segments of live records, and let the tombstone go that hid one of them.</summary>
    [Theory]
    [InlineData(CompactionStepName.Copied)]
    [InlineData(CompactionStepName.Durable)]
    public void What_was_removed_stays_so_after_a_compaction_that_failed(CompactionStepName at)
    {
        bool hasFailed = false;
        ByHand.InSession(_files, store =>
        {
            store.Set("removed", "old");
            store.Set("live", "live");
            Fill(store, "garbage", 10);
        });
        using (KvStore store = ByHand.Open(_files, FailOnce))
        {
            Fill(store, "garbage", 10);
            Assert.Throws<KvsWriteException>(store.Compact);
            Assert.True(store.Remove("removed"));
            store.Compact();
            Assert.False(store.Contains("removed"));
            Assert.Equal("live", store.GetString("live"));
            ByHand.AfterDeath(_files, reopened => Assert.False(reopened.Contains("removed")));
        }

        AssertRemovedForEver();

        void FailOnce(CompactionStep step)
        {
            if (step == (CompactionStep)at && !hasFailed)
            {
                hasFailed = true;
                throw new KvsWriteException("There is no room (simulated).", isFinal: false);
            }
        }
    }

    [Fact]
    public void What_has_expired_does_not_give_way_to_an_older_record_that_does_not_expire()
    {
        var clock = new HandDrivenClock();
        KvStoreOptions options = ByHand.OptionsOn(_files) with { Clock = clock };
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            store.Set("removed", "for ever");
            Fill(store, "live", 100);
        }

        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            store.Set("removed", "for a time", TimeSpan.FromMinutes(1));
            Fill(store, "beside", 5);
        }

        clock.Advance(TimeSpan.FromHours(1));
        for (int opening = 0; opening < 4; opening++)
        {
            using KvStore store = KvStore.Open(SmallStore.Folder, options);
            Assert.False(store.Contains("removed"));
            store.Compact();
            Assert.False(store.Contains("removed"));
            using SimulatedFiles died = _files.CrashProcess();
            using KvStore reopened = KvStore.Open(SmallStore.Folder, options with { FileSystem = died });
            Assert.False(reopened.Contains("removed"));
        }

        Assert.Empty(Tombstones());
    }

    [Fact]
    public void What_lies_in_a_damaged_segment_stays_removed()
    {
        ByHand.InSession(_files, store =>
        {
            store.Set("removed", "old");
            Fill(store, "live", 5);
        });
        ByHand.InSession(_files, store =>
        {
            Assert.True(store.Remove("removed"));
            Fill(store, "garbage", 100);
        });
        ByHand.InSession(_files, store => Fill(store, "garbage", 100));
        LogFrame damaged = LogImage.Frames(_files)
            .Find(frame => frame.IsRecord && Encoding.ASCII.GetString(frame.Bytes.AsSpan(32, 6)) == "live-2")!;
        _files.FlipBit(damaged.Path, damaged.Offset + 100, bit: 0);
        using (KvStore store = ByHand.Open(_files))
        {
            store.Compact();
            store.Compact();
            Assert.False(store.Contains("removed"));
            ByHand.AfterDeath(_files, reopened => Assert.False(reopened.Contains("removed")));

            // What is not damaged was compacted all the same.
            Assert.InRange(SmallStore.Segments(_files).Count, 1, 8);
        }

        using KvStore last = ByHand.Open(_files);
        Assert.False(last.Contains("removed"));
        Assert.Throws<KvsDamageException>(() => last.GetString("live-2"));
        Assert.NotNull(last.GetString("live-3"));
    }

    /// <summary>A tombstone whose key was set again was counted as dead when the store was opened, and once more when
    /// it was found to be unnecessary. Its segment then seemed to hold nothing, and was removed with all that it held.
    /// </summary>
    [Fact]
    public void A_tombstone_that_was_overwritten_takes_no_live_record_with_it()
    {
        const int Keys = 20;
        ByHand.InSession(_files, store =>
        {
            ForEachLongKey(Keys, key => store.Set(key, "old"u8));
            Fill(store, "live", 400);
        });
        ByHand.InSession(_files, store =>
        {
            ForEachLongKey(Keys, key => store.Remove(key));
            store.Set("beside", "live");
        });
        ByHand.InSession(_files, store => ForEachLongKey(Keys, key => store.Set(key, "new"u8)));

        using var counted = new ManualResetEventSlim();
        KvStoreOptions options = Automatic(_files, step =>
        {
            if (step == CompactionStep.CensusTaken)
            {
                counted.Set();
            }
        });
        options = options with { Compaction = options.Compaction with { GarbageRatio = 10 } };
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            Assert.True(counted.Wait(TimeSpan.FromMinutes(1)));
        }

        using KvStore reopened = ByHand.Open(_files);
        Assert.Equal("live", reopened.GetString("beside"));
        ForEachLongKey(Keys, key => Assert.True(reopened.TryGet(key, out byte[]? value) && value.Length == 3));
        Assert.Equal(401 + Keys, reopened.GetStatistics().Keys);
    }

    /// <summary>The length of a long record that nobody needs was taken from the record as it stood. A bit that had
    /// flipped in it made its segment seem to hold nothing else, and it was removed.</summary>
    [Fact]
    public void A_damaged_record_that_nobody_needs_takes_no_live_record_with_it()
    {
        ByHand.InSession(_files, store =>
        {
            store.Set("overwritten"u8, new byte[4000]);
            store.Set("beside", "live");
        });
        ByHand.InSession(_files, store => store.Set("overwritten", "new"));
        LogFrame dead = LogImage.Frames(_files).Find(frame => frame.IsRecord && frame.Length > 4000)!;
        _files.FlipBit(dead.Path, dead.Offset + 2, bit: 0);
        ByHand.InSession(_files, store => Assert.Equal("live", store.GetString("beside")));
        ByHand.InSession(_files, store => Assert.Equal("live", store.GetString("beside")));
    }

    /// <summary>A segment that is nearly all live, and holds one record of a key that is removed later. Returns its
    /// path.</summary>
    private string MakeOlderRecord()
    {
        ByHand.InSession(_files, store =>
        {
            store.Set("removed", "old");
            Fill(store, "live", 60);
        });
        ByHand.InSession(_files, store =>
        {
            // A segment without any live record would be dropped when the store is closed.
            Assert.True(store.Remove("removed"));
            for (int segment = 0; segment < 5; segment++)
            {
                Fill(store, $"garbage-{segment}", 40);
                Fill(store, $"live-{segment}", 1);
            }
        });
        ByHand.InSession(_files, store =>
        {
            for (int segment = 0; segment < 5; segment++)
            {
                Fill(store, $"garbage-{segment}", 40);
            }
        });
        return SmallStore.Segment(1);
    }

    /// <summary>Compacts what is mostly garbage: the tombstone's segment, and not the one with the older record.
    /// Returns where the tombstone was.</summary>
    private string CompactTombstoneOnly()
    {
        string path = Assert.Single(Tombstones()).Path;
        bool hasComeBack = false;
        using var isGone = new ManualResetEventSlim();
        using (KvStore store = KvStore.Open(SmallStore.Folder, Automatic(_files, step =>
        {
            if (step == CompactionStep.Dropped && !Tombstones().Exists(frame => frame.Path == path))
            {
                isGone.Set();
            }

            // Asserted below: here it would fail a compaction that nobody has asked for.
            if (step == CompactionStep.Dropped)
            {
                ByHand.AfterDeath(_files, reopened => hasComeBack |= reopened.Contains("removed"));
            }
        })))
        {
            // The file goes after the manifest has said so: look again when something more was written.
            while (!isGone.Wait(10) && _files.List(SmallStore.Folder).Contains(Path.GetFileName(path)))
            {
                store.Set("beside", new string('b', ValueBytes));
                store.Flush();
            }

            Assert.False(store.Contains("removed"));
        }

        Assert.False(hasComeBack);
        return path;
    }

    /// <summary>The files when the process has died at a step of the compaction of the tombstone's segment.</summary>
    private SimulatedFiles DieWith(CompactionStep at)
    {
        SimulatedFiles? died = null;
        using var hasDied = new ManualResetEventSlim();
        using KvStore store = KvStore.Open(SmallStore.Folder, Automatic(_files, step =>
        {
            if (step == at && died is null && Tombstones().Count == 2)
            {
                died = _files.CrashProcess();
                hasDied.Set();
            }
        }));
        Assert.True(hasDied.Wait(TimeSpan.FromMinutes(1)));
        return died!;
    }

    private void AssertRemovedForEver()
    {
        for (int opening = 0; opening < 3; opening++)
        {
            ByHand.InSession(_files, store =>
            {
                Assert.False(store.Contains("removed"));
                store.Compact();
                Assert.False(store.Contains("removed"));
            });
        }

        // With nothing left to hide, it goes.
        Assert.Empty(Tombstones());
    }

    private List<LogFrame> Tombstones() => Tombstones(_files);

    private static List<LogFrame> Tombstones(SimulatedFiles files) =>
        LogImage.Frames(files).FindAll(frame => frame.Kind == HandMade.Remove);

    private static KvStoreOptions Automatic(SimulatedFiles files, Action<CompactionStep> atStep) =>
        ByHand.OptionsOn(files, atStep) with { Compaction = s_automatic };

    private static void Fill(KvStore store, string name, int count)
    {
        for (int number = 0; number < count; number++)
        {
            store.Set($"{name}-{number}", new string('x', ValueBytes));
        }
    }

    private static void ForEachLongKey(int keys, Action<byte[]> act)
    {
        for (int number = 0; number < keys; number++)
        {
            act(ByHand.Key(number, LongKeyBytes));
        }
    }
}
