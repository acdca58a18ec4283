using System.Diagnostics;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// The disk may refuse any operation of a store's life, once or from then on: it is full, it fails, it turns read-only,
/// and a sync that fails reports it once and drops the pages, or keeps them. Whatever follows, the store stands at a
/// moment that its level of durability allows, with all that was acknowledged where the machine goes on.
/// </summary>
public sealed class FailEverywhereTests(ITestOutputHelper output)
{
    private static readonly int[] s_errors =
        [SimulatedFault.InputOutputError, SimulatedFault.NoSpace, SimulatedFault.ReadOnlyFileSystem];

    private int _failures;

    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.Interval)]
    [InlineData(Durability.Process)]
    public void Whatever_fails_whenever_the_store_stands_where_its_level_says(Durability durability)
    {
        TimeSpan duration = TestDuration.Longer(TimeSpan.FromSeconds(4));
        long start = Stopwatch.GetTimestamp();
        int seed = TestSeed.Choose(output.WriteLine);
        int stories = 0;
        do
        {
            try
            {
                TellOne(seed, durability);
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

        output.WriteLine($"{stories} stories, {_failures} of them with a failure");
        Assert.NotEqual(0, _failures);
    }

    private void TellOne(int seed, Durability durability)
    {
        var random = new Random(seed);
        var story = new StoreStory(random.Next(), durability);
        using var files = new SimulatedFiles();
        bool onlySyncs = random.Next(3) == 0;
        files.Inject(new SimulatedFault
        {
            Matches = operation => !onlySyncs || operation.Kind == FileOperation.Sync,
            Skip = random.Next(onlySyncs ? 30 : 150),
            Repeats = random.Next(2) == 0,
            Error = s_errors[random.Next(s_errors.Length)],
            Pages = random.Next(2) == 0 ? FailedSyncPages.Dropped : FailedSyncPages.Kept,
        });
        story.Tell(files);
        _failures += files.Log.Any(operation => operation.HasFailed) ? 1 : 0;

        // The machine goes on; or its power is cut, before or after somebody has opened the store.
        (int durable, int done, int begun) = (story.History.Durable, story.History.Done, story.History.Begun);
        Look(files.CrashProcess(), done);
        Look(files.CrashPower(PowerCut.DropUnsynced), durable);
        Look(files.CrashPower(PowerCut.KeepEverything), durable);
        Look(files.CrashPower(PowerCut.Random(random.Next())), durable);
        files.ClearFaults();
        int served;
        using (KvStore store = story.Open(files))
        {
            served = story.Check(store, done, begun);
        }

        Look(files.CrashPower(PowerCut.DropUnsynced), served, served);

        void Look(SimulatedFiles after, int least, int? most = null)
        {
            using (after)
            using (KvStore store = story.Open(after))
            {
                story.Check(store, least, most ?? begun);
            }
        }
    }
}
