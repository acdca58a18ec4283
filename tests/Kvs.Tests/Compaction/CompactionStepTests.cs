using System.Text;
using Kvs.Compaction;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>What others do at any step of a compaction is neither lost nor undone by it: not now, not after a crash at
/// that step or any later moment, not after the next compaction.</summary>
public sealed class CompactionStepTests
{
    /// <summary>The keys that are written to, and what they have before.</summary>
    private static readonly Dictionary<string, string?> s_before = new()
    {
        ["untouched"] = "1",
        ["expiring"] = "1",
        ["overwritten"] = "2",
        ["removed"] = null,
        ["again"] = "3",
        ["counter"] = "40",
        ["batch-a"] = "1",
        ["batch-b"] = "1",
        ["large"] = new string('l', 40_000),
        ["new"] = null,
    };

    public static TheoryData<CompactionStepName, string> Cases()
    {
        var cases = new TheoryData<CompactionStepName, string>();
        foreach (CompactionStepName step in Enum.GetValues<CompactionStepName>())
        {
            foreach (string act in s_acts.Keys)
            {
                cases.Add(step, act);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_written_at_a_step_of_a_compaction_stays(CompactionStepName at, string name)
    {
        Act act = s_acts[name];
        using var files = new SimulatedFiles();
        var clock = new HandDrivenClock();
        Dictionary<string, string?> expected = new(s_before);
        List<SimulatedFiles> images = [];
        bool hasActed = false;
        KvStore? opened = null;
        KvStoreOptions options = ByHand.OptionsOn(files) with { Clock = clock };
        Prepare(options, clock);
        KvStoreOptions atStep = options with { AtCompactionStep = ByHand.Guarded(AtStep) };
        using (KvStore store = KvStore.Open(SmallStore.Folder, atStep))
        {
            opened = store;
            store.Compact();
            Assert.True(hasActed);
            AssertHolds(store);
            files.BeforeOperation = null;
            store.Compact();
            AssertHolds(store);
        }

        foreach (SimulatedFiles image in images.Append(files))
        {
            using KvStore reopened = KvStore.Open(SmallStore.Folder, options with { FileSystem = image });
            AssertHolds(reopened);
            reopened.Compact();
            AssertHolds(reopened);
        }

        images.ForEach(image => image.Dispose());

        void AtStep(CompactionStep step)
        {
            if (step != (CompactionStep)at || hasActed)
            {
                return;
            }

            hasActed = true;
            act(opened!, clock, expected);
            AssertHolds(opened!);
            files.BeforeOperation = _ => AddImage(files, images);
            AddImage(files, images);
            AddImage(files, images);
            AddImage(files, images);
        }

        void AssertHolds(KvStore store)
        {
            foreach ((string key, string? value) in expected)
            {
                Assert.Equal(value, store.GetString(key));
            }
        }
    }

    /// <summary>What is there after a death of the process or of the machine, by turns.</summary>
    private static void AddImage(SimulatedFiles files, List<SimulatedFiles> images)
    {
        lock (images)
        {
            images.Add((images.Count % 3) switch
            {
                0 => files.CrashProcess(),
                1 => files.CrashPower(PowerCut.Random(images.Count)),
                _ => files.CrashPower(PowerCut.DropUnsynced),
            });
        }
    }

    /// <summary>Segments with live records, dead ones and tombstones, in two sessions.</summary>
    private static void Prepare(KvStoreOptions options, HandDrivenClock clock)
    {
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            foreach (string key in s_before.Keys.Where(key => key != "new"))
            {
                store.Set(key, "1");
            }
        }

        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            store.Set("overwritten", "2");
            store.Remove("removed");
            store.Remove("again");
            store.Set("again", "3");
            store.Set("counter", "40");
            store.Set("large", s_before["large"]!);
            store.TryExpire("expiring", clock.Now.AddHours(1));
        }
    }

    private delegate void Act(KvStore store, HandDrivenClock clock, Dictionary<string, string?> expected);

    private static readonly Dictionary<string, Act> s_acts = new()
    {
        ["nothing"] = (_, _, _) => { },
        ["puts"] = (store, _, expected) =>
        {
            foreach (string key in s_before.Keys.Where(key => key != "untouched"))
            {
                Put(store, expected, key, "put");
            }
        },
        ["removes"] = (store, _, expected) =>
        {
            foreach (string key in s_before.Keys.Where(key => key != "untouched"))
            {
                store.TryRemove(key, s_durable);
                expected[key] = null;
            }
        },
        ["puts and removes"] = (store, _, expected) =>
        {
            foreach (string key in s_before.Keys.Where(key => key != "untouched"))
            {
                store.Set(key, "soon gone");
                store.TryRemove(key, s_durable);
                expected[key] = null;
            }
        },
        ["removes and puts"] = (store, _, expected) =>
        {
            foreach (string key in s_before.Keys.Where(key => key != "untouched"))
            {
                store.Remove(key);
                Put(store, expected, key, "back");
            }
        },
        ["conditional"] = (store, _, expected) =>
        {
            // A record that was moved has the version that it had.
            foreach (string key in (string[])["overwritten", "again", "batch-a", "large"])
            {
                Assert.True(store.TryRead(Encoding.ASCII.GetBytes(key), [], out ValueInfo info));
                Assert.False(store.TrySet(key, "wrong", info.Version - 1).IsDone);
                Assert.True(store.TrySet(key, "right", s_durable with
                {
                    Condition = WriteCondition.IfVersion(info.Version),
                }).IsDone);
                expected[key] = "right";
            }

            Assert.False(store.SetIfAbsent("untouched", "wrong"));
            Assert.True(store.SetIfAbsent("removed", "right"));
            store.Flush();
            expected["removed"] = "right";
        },
        ["increments"] = (store, _, expected) =>
        {
            Assert.Equal(42, store.Increment("counter", 2, s_durable));
            expected["counter"] = "42";
        },
        ["batch"] = (store, _, expected) =>
        {
            var batch = new WriteBatch();
            batch.Set("batch-a", "both");
            batch.Set("batch-b", "both");
            batch.Remove("overwritten");
            batch.Remove("again");
            batch.Set("removed", "both");
            store.Write(batch, Durability.Disk);
            (expected["batch-a"], expected["batch-b"], expected["removed"]) = ("both", "both", "both");
            (expected["overwritten"], expected["again"]) = (null, null);
        },
        ["expiry"] = (store, clock, expected) =>
        {
            store.TryExpire("overwritten", clock.Now.AddMinutes(1));
            store.Flush();
            clock.Advance(TimeSpan.FromHours(2));
            (expected["expiring"], expected["overwritten"]) = (null, null);
        },
    };

    private static readonly WriteOptions s_durable = new() { Durability = Durability.Disk };

    private static void Put(KvStore store, Dictionary<string, string?> expected, string key, string value)
    {
        store.TrySet(key, value, s_durable);
        expected[key] = value;
    }
}

/// <summary>The names of <see cref="CompactionStep"/>, which a public test can have as a parameter.</summary>
public enum CompactionStepName
{
    CensusTaken = CompactionStep.CensusTaken,
    Copied = CompactionStep.Copied,
    Durable = CompactionStep.Durable,
    Swung = CompactionStep.Swung,
    Dropped = CompactionStep.Dropped,
}
