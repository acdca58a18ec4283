using System.Buffers.Binary;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// In a power cut: the log is cut at every byte, and everything behind is zero. What opens is everything
/// up to a complete epoch. What was never durable is never an error; what was is never silently gone.
/// </summary>
public sealed class LostTailTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void What_was_not_synced_may_end_at_any_byte(int writesBetweenFlushes)
    {
        WriteScript script = WriteScript.Short;
        using var moments = new CrashMoments(script, write => (write + 1) % writesBetweenFlushes == 0);
        foreach (CrashMoment moment in moments.All)
        {
            string path = SmallStore.Segment(1);
            byte[] present = moment.Files.ReadAll(path);
            byte[] left = [.. moment.Files.Snapshot().Single(file => file.Path == path).DurableBytes!];
            for (int at = 0; at < present.Length; at++)
            {
                if (left[at] == present[at])
                {
                    continue;
                }

                using SimulatedFiles after = moment.Files.CrashPower(PowerCut.DropUnsynced);
                after.WriteAll(path, left);
                using KvStore store = SmallStore.Open(after);
                int found = script.FindMoment(store);
                Assert.InRange(found, moment.Durable, moment.Begun);
                Assert.Contains(found, moments.FlushedMoments);
                left[at] = present[at];
            }
        }
    }

    [Fact]
    public void A_disk_that_loses_what_was_synced_is_noticed_unless_nothing_that_is_left_says_so()
    {
        int damaged = 0, opened = 0;
        foreach ((WriteScript script, int step) in new[] { (WriteScript.Short, 1), (WriteScript.OneSegment, 7) })
        {
            using var files = new SimulatedFiles();
            using KvStore store = SmallStore.Open(files);
            for (int write = 0; write < script.Count; write++)
            {
                script.Make(store, write);
                if (write % 3 == 2)
                {
                    store.Flush();
                }
            }

            store.Flush();
            using SimulatedFiles whole = files.CrashPower(PowerCut.DropUnsynced);
            byte[] segment = whole.ReadAll(SmallStore.Segment(1));
            List<LogFrame> frames = LogImage.Frames(whole);
            int end = frames.Max(EndOfFrame);
            for (int cut = HandMade.HeaderBytes; cut <= end; cut += step)
            {
                using SimulatedFiles after = files.CrashPower(PowerCut.DropUnsynced);
                byte[] left = [.. segment];
                left.AsSpan(cut).Clear();
                after.WriteAll(SmallStore.Segment(1), left);
                if (Expected(frames, cut) is { } moment)
                {
                    using KvStore reopened = SmallStore.Open(after);
                    script.AssertMoment(reopened, moment);
                    opened++;
                }
                else
                {
                    var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(after));
                    Assert.Equal(SmallStore.Segment(1), damage.File);
                    Assert.Equal(left, after.ReadAll(SmallStore.Segment(1)));
                    damaged++;
                }
            }
        }

        Assert.True(damaged > 0 && opened > 0);
    }

    /// <summary>How many writes must be there; null where what is left contradicts itself.</summary>
    private static int? Expected(List<LogFrame> frames, int cut)
    {
        const ulong FirstDurable = 1;
        ulong kept = FirstDurable, durable = FirstDurable;
        foreach (LogFrame commit in frames.Where(frame => frame.Kind == HandMade.Commit && EndOfFrame(frame) <= cut))
        {
            durable = Math.Max(durable, commit.Sequence);
            if (Places(commit).All(place => IsReached(frames, place, cut)))
            {
                kept = Math.Max(kept, commit.Epoch);
            }
        }

        return kept < durable ? null : frames.Count(frame => frame.IsRecord && frame.Epoch <= kept);
    }

    private static bool IsReached(List<LogFrame> frames, (ulong Segment, uint Chunk, uint End) place, int cut) =>
        place.Segment == 0 || frames
            .Where(frame => frame.Offset < place.End && frame.Offset >= place.Chunk)
            .All(frame => EndOfFrame(frame) <= cut);

    private static IEnumerable<(ulong Segment, uint Chunk, uint End)> Places(LogFrame commit)
    {
        for (int at = 32; at < commit.Bytes.Length; at += 16)
        {
            yield return (
                BinaryPrimitives.ReadUInt64LittleEndian(commit.Bytes.AsSpan(at)),
                BinaryPrimitives.ReadUInt32LittleEndian(commit.Bytes.AsSpan(at + 8)),
                BinaryPrimitives.ReadUInt32LittleEndian(commit.Bytes.AsSpan(at + 12)));
        }
    }

    /// <summary>Where a frame's last byte that is not zero ends: to lose the zeros behind it is to lose nothing.
    /// </summary>
    private static int EndOfFrame(LogFrame frame) =>
        frame.Offset + frame.Bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
}
