using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// In a power cut: whichever of its unsynced pages a store loses, what opens is everything up to one
/// moment, no earlier than the last flush that returned, and without holes.
/// </summary>
public sealed class LostPagesTests(ITestOutputHelper output)
{
    private const int MostPagesForAllSubsets = 10;
    private const int SampledSubsets = 40;

    [Fact]
    public void Any_set_of_pages_may_be_lost_between_two_flushes() => LoseAnyPages(WriteScript.OneSegment, rounds: 3);

    [Fact]
    public void Any_set_of_pages_may_be_lost_in_a_store_of_few_bytes() => LoseAnyPages(WriteScript.Short, rounds: 5);

    [Fact]
    public void Any_set_of_pages_may_be_lost_where_segments_follow_each_other() =>
        LoseAnyPages(WriteScript.ManySegments, rounds: 3);

    private void LoseAnyPages(WriteScript script, int rounds)
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        int opened = 0;
        var kept = new HashSet<int>();
        for (int round = 0; round < rounds; round++)
        {
            int percent = random.Next(10, 70);
            using var moments = new CrashMoments(script, _ => random.Next(100) < percent);
            foreach (CrashMoment moment in moments.All)
            {
                IReadOnlyList<DirtyPage> dirty = moment.Files.DirtyPages();
                foreach (HashSet<DirtyPage> pages in Subsets(dirty, random))
                {
                    using SimulatedFiles after = moment.Files.CrashPower(new KeepPages(pages));
                    using KvStore store = SmallStore.Open(after);
                    int found = script.FindMoment(store);
                    Assert.InRange(found, moment.Durable, moment.Begun);
                    kept.Add(found - moment.Durable);
                    opened++;
                }
            }
        }

        output.WriteLine($"Opened {opened} stores");

        // Both outcomes have been seen: the group that was being made durable is gone, and it is there.
        Assert.Contains(0, kept);
        Assert.Contains(kept, found => found > 0);
    }

    /// <summary>All subsets of a few pages; of many: none, all, each alone, all but each, and some others.</summary>
    private static IEnumerable<HashSet<DirtyPage>> Subsets(IReadOnlyList<DirtyPage> pages, Random random)
    {
        if (pages.Count <= MostPagesForAllSubsets)
        {
            for (int bits = 0; bits < 1 << pages.Count; bits++)
            {
                yield return [.. pages.Where((_, page) => (bits & (1 << page)) != 0)];
            }

            yield break;
        }

        yield return [];
        yield return [.. pages];
        foreach (DirtyPage page in pages)
        {
            yield return [page];
            yield return [.. pages.Where(other => other != page)];
        }

        for (int sample = 0; sample < SampledSubsets; sample++)
        {
            yield return [.. pages.Where(_ => random.Next(2) == 0)];
        }
    }

    private sealed class KeepPages(HashSet<DirtyPage> pages) : PowerCut
    {
        protected override bool KeepsSector(string path, long sector) =>
            pages.Contains(new DirtyPage(path, sector * DirtyPage.SectorBytes / DirtyPage.PageBytes));

        protected override bool KeepsLength(string path) => true;

        protected override bool KeepsFolderChange(FolderChange change) => true;
    }
}
