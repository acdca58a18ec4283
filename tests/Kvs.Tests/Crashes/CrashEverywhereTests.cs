using System.Diagnostics;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// The crash may come in front of any file operation of a store's life, and of the recovery after
/// it, and of the one after that. Of what was not synced, any sectors, lengths and names may be there: all subsets
/// where there are few, the extremes and some by chance where there are many. Each time the store must stand at a
/// moment that its level of durability allows.
/// </summary>
public sealed class CrashEverywhereTests(ITestOutputHelper output)
{
    private const int MostForAllSubsets = 5;
    private const int MostAlone = 6;
    private const int SampledSubsets = 5;
    private const int Depth = 3;

    private long _opened;
    private long _deepest;

    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.Interval)]
    [InlineData(Durability.Process)]
    public void Whatever_is_lost_wherever_the_store_stands_where_its_level_says(Durability durability)
    {
        TimeSpan duration = TestDuration.Longer(TimeSpan.FromSeconds(5));
        long start = Stopwatch.GetTimestamp();
        int seed = TestSeed.Choose(output.WriteLine);
        int stories = 0;
        do
        {
            try
            {
                TellOne(seed, durability, () => Stopwatch.GetElapsedTime(start) < duration);
            }
            catch (Exception)
            {
                output.WriteLine($"Failed with seed {seed}");
                throw;
            }

            seed++;
            stories++;
        }
        while (Stopwatch.GetElapsedTime(start) < duration);

        output.WriteLine($"{stories} stories, {_opened} stores opened, {_deepest} of them after {Depth} crashes in a row");
        Assert.True(_deepest > 0);
    }

    private void TellOne(int seed, Durability durability, Func<bool> hasTime)
    {
        var random = new Random(seed);
        var story = new StoreStory(random.Next(), durability);
        List<(SimulatedFiles Files, int Durable, int Done, int Begun)> moments = [];
        using (var files = new SimulatedFiles())
        {
            files.BeforeOperation = _ =>
            {
                lock (moments)
                {
                    // What must be there is asked before the image is made, what may be there behind it.
                    (int durable, int done) = (story.History.Durable, story.History.Done);
                    SimulatedFiles image = files.CrashProcess();
                    moments.Add((image, durable, done, story.History.Begun));
                }
            };
            story.Tell(files);
        }

        // By chance, so that a run that has no more time has looked everywhere.
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(moments));
        foreach ((SimulatedFiles image, int durable, int done, int begun) in moments)
        {
            if (hasTime())
            {
                Recover(image.CrashProcess(), story, done, begun, random, depth: 1, durable);
                foreach (PowerCut cut in Cuts(image.UnsyncedChanges(), random))
                {
                    Recover(image.CrashPower(cut), story, durable, begun, random, depth: 1, durable);
                }
            }

            image.Dispose();
        }
    }

    /// <summary>Opens what a crash has left and looks at it; now and then another crash comes first.</summary>
    private void Recover(
        SimulatedFiles files, StoreStory story, int least, int most, Random random, int depth, int durable)
    {
        SimulatedFiles? image = null;
        if (depth < Depth && random.Next(4) == 0)
        {
            long left = random.Next(1, 40);
            files.BeforeOperation = _ =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    image = files.CrashProcess();
                }
            };
        }

        using (files)
        using (KvStore store = story.Open(files))
        {
            files.BeforeOperation = null;
            story.Check(store, least, most);
            _opened++;
            _deepest += depth == Depth ? 1 : 0;
        }

        if (image is null)
        {
            return;
        }

        // The death of the process keeps what was there; a power cut goes back to what is durable, at the most.
        using (image)
        {
            bool isPowerCut = random.Next(2) == 0;
            Recover(isPowerCut ? image.CrashPower(PowerCut.Random(random.Next())) : image.CrashProcess(), story,
                isPowerCut ? durable : least, most, random, depth + 1, durable);
        }
    }

    private static IEnumerable<PowerCut> Cuts(IReadOnlyList<UnsyncedChange> changes, Random random)
    {
        if (changes.Count <= MostForAllSubsets)
        {
            for (int bits = 0; bits < 1 << changes.Count; bits++)
            {
                yield return PowerCut.KeepJust(changes.Where((_, number) => (bits & (1 << number)) != 0));
            }

            yield break;
        }

        yield return PowerCut.DropUnsynced;
        yield return PowerCut.KeepEverything;
        UnsyncedChange[] some = random.GetItems([.. changes], MostAlone);
        foreach (UnsyncedChange change in some)
        {
            yield return PowerCut.KeepJust([change]);
            yield return PowerCut.KeepJust(changes.Where(other => other != change));
        }

        for (int sample = 0; sample < SampledSubsets; sample++)
        {
            yield return PowerCut.Random(random.Next());
        }
    }
}
