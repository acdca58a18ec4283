using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Numbers only grow and are never used twice, whatever crashes lie between: of segments, because old
/// files may still be there; of writes, because clients have seen them; of epochs, because they stamp records.
/// </summary>
public sealed class NumbersTests(ITestOutputHelper output)
{
    private const int Openings = 60;

    [Fact]
    public void No_segment_sequence_or_epoch_is_used_again_after_any_crash()
    {
        var random = new Random(TestSeed.Choose(output.WriteLine));
        var present = new SimulatedFiles();
        ulong highestSequence = 0, highestEpoch = 0;
        var segments = new HashSet<string>();
        for (int opening = 0; opening < Openings; opening++)
        {
            SimulatedFiles next;
            using (KvStore store = SmallStore.Open(present, Durability.Interval))
            {
                List<LogFrame> before = LogImage.Frames(present);
                for (int write = 0; write < random.Next(1, 60); write++)
                {
                    store.Set($"key-{random.Next(5)}", new string('x', random.Next(3000)));
                    if (random.Next(10) == 0)
                    {
                        store.Flush();
                    }
                }

                HashSet<(string, int)> known = [.. before.Select(frame => frame.Place)];
                List<LogFrame> written =
                    [.. LogImage.Frames(present).Where(frame => frame.IsRecord && !known.Contains(frame.Place))];
                Assert.All(written, frame =>
                {
                    // A copy that compaction makes has the number of its original.
                    Assert.True(frame.Sequence > highestSequence || frame.Lane == SmallStore.CopiesLane,
                        $"{frame.Sequence} after {highestSequence}");
                    Assert.True(frame.Epoch > highestEpoch, $"{frame.Epoch} after {highestEpoch}");
                    Assert.DoesNotContain(frame.Path, segments);
                });
                segments.UnionWith(written.Select(frame => frame.Path));
                highestSequence = Math.Max(highestSequence, written.Select(frame => frame.Sequence).Max());
                highestEpoch = Math.Max(highestEpoch, written.Select(frame => frame.Epoch).Max());
                next = random.Next(3) switch
                {
                    0 => present.CrashProcess(),
                    1 => present.CrashPower(PowerCut.Random(random.Next())),
                    _ => present.CrashPower(PowerCut.DropUnsynced),
                };
            }

            present.Dispose();
            present = next;
        }

        present.Dispose();
    }
}
