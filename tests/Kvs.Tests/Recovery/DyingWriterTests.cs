using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// At the level Process: the process dies in the middle of a write, at every byte of it, and all writes
/// that were complete are there, and no other. The log is cut at every byte of every frame.
/// </summary>
public sealed class DyingWriterTests
{
    private int _opened;

    [Fact]
    public void A_write_cut_at_any_byte_is_not_there_and_all_before_it_are() => CutEveryWrite(WriteScript.Short);

    [Fact]
    public void So_it_is_where_chunks_begin_and_in_the_lane_of_large_records() =>
        CutEveryWrite(WriteScript.OneSegment);

    [Fact]
    public void So_it_is_where_segments_begin() => CutEveryWrite(WriteScript.ManySegments);

    [Fact]
    public void A_write_that_never_finished_is_not_there_and_all_behind_it_are()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript script = WriteScript.OneSegment;
        script.MakeAll(store);

        using SimulatedFiles image = files.CrashProcess();
        List<LogFrame> records = [.. LogImage.Frames(image).Where(frame => frame.IsRecord)];
        Assert.Equal(script.Count, records.Count);
        records.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        for (int write = 0; write < records.Count; write++)
        {
            byte[] file = image.ReadAll(records[write].Path);
            IEnumerable<int> made = Enumerable.Range(0, script.Count).Where(other => other != write);
            foreach (int copied in LogImage.CopiedBytes(records[write]))
            {
                using SimulatedFiles torn = image.CrashProcess();
                torn.WriteAll(records[write].Path, LogImage.WithUnfinished(file, records[write], copied));
                AssertOpens(torn, reopened => script.AssertHolds(reopened, made));
            }
        }
    }

    [Fact]
    public void A_commit_record_cut_at_any_byte_takes_nothing_with_it()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript script = WriteScript.Short;
        for (int write = 0; write < script.Count; write++)
        {
            script.Make(store, write);
            using SimulatedFiles before = files.CrashProcess();
            store.Flush();
            using SimulatedFiles after = files.CrashProcess();
            CutEachByte(script, before, after, moment: write + 1, frame => frame.Lane == LogFrame.CommitLane);
        }
    }

    [Fact]
    public void A_footer_or_a_seal_cut_at_any_byte_takes_nothing_with_it()
    {
        foreach (WriteScript script in new[] { WriteScript.Short, WriteScript.OneSegment })
        {
            using var files = new SimulatedFiles();
            List<SimulatedFiles> images = [];
            using (KvStore store = SmallStore.Open(files))
            {
                script.MakeAll(store);
                files.BeforeOperation = operation =>
                {
                    if (operation.Kind == FileOperation.Sync && operation.Path == SmallStore.Segment(1))
                    {
                        images.Add(files.CrashProcess());
                    }
                };
            }

            // Closing commits, and then syncs once more behind the seal.
            Assert.Equal(2, images.Count);
            CutEachByte(script, images[0], images[1], script.Count,
                frame => frame.Kind is HandMade.Footer or HandMade.Seal);
            AssertOpens(images[1], reopened => script.AssertMoment(reopened, script.Count));
            images.ForEach(image => image.Dispose());
        }
    }

    private void CutEveryWrite(WriteScript script)
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < script.Count; write++)
        {
            SmallStore.WaitForReadySegment(files);
            using SimulatedFiles before = files.CrashProcess();
            script.Make(store, write);
            using SimulatedFiles after = files.CrashProcess();
            CutEachByte(script, before, after, moment: write,
                frame => frame.IsRecord || (frame.Kind == HandMade.Chunk && frame.Lane != LogFrame.CommitLane));
        }
    }

    /// <summary>Cuts each frame that a step added, behind the frames that it had added before.</summary>
    private void CutEachByte(
        WriteScript script, SimulatedFiles before, SimulatedFiles after, int moment, Func<LogFrame, bool> isOfStep)
    {
        HashSet<(string, int)> known = [.. LogImage.Frames(before).Select(frame => frame.Place)];
        List<LogFrame> added = [.. LogImage.Frames(after)
            .Where(frame => isOfStep(frame) && !known.Contains(frame.Place))];
        Assert.NotEmpty(added);
        Assert.All(added, frame => Assert.Equal(added[0].Path, frame.Path));

        // A segment that was made for one record came with the step.
        string path = added[0].Path;
        byte[] file = before.GetKind(path) == PathKind.File
            ? before.ReadAll(path)
            : WithHeaderOnly(after.ReadAll(path));
        using SimulatedFiles untouched = before.CrashProcess();
        untouched.WriteAll(path, file);
        AssertOpens(untouched, reopened => script.AssertMoment(reopened, moment));
        foreach (LogFrame frame in added)
        {
            foreach (int copied in LogImage.CopiedBytes(frame))
            {
                using SimulatedFiles torn = before.CrashProcess();
                torn.WriteAll(path, LogImage.WithUnfinished(file, frame, copied));
                AssertOpens(torn, reopened => script.AssertMoment(reopened, moment));
            }

            frame.Bytes.CopyTo(file.AsSpan(frame.Offset));
        }
    }

    /// <summary>Opens a store and looks at it; now and then also whether it goes on from there.</summary>
    private void AssertOpens(SimulatedFiles files, Action<KvStore> check)
    {
        using (KvStore store = SmallStore.Open(files))
        {
            check(store);
            if (++_opened % 16 != 0)
            {
                return;
            }

            store.Set("new", "value");
            Assert.True(store.Remove("new"u8));
        }

        using KvStore again = SmallStore.Open(files);
        check(again);
    }

    private static byte[] WithHeaderOnly(byte[] segment)
    {
        segment.AsSpan(HandMade.HeaderBytes).Clear();
        return segment;
    }
}
