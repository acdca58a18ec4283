using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Bytes that look like records and are not: what users store, what a dead writer left, what lay there
/// before. Nothing of it is ever taken for a record.</summary>
public sealed class ImpostorTests
{
    private const int KeyBytes = 8;
    private const string Key = "the-key1";

    /// <summary>Recovery steps over a hole by its length, and never looks for the next record inside it.</summary>
    [Fact]
    public void A_hole_whose_payload_is_a_perfect_record_holds_nothing()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set("before", "1");

        // Where the next record will lie is known, and so is where its value will: behind 32 bytes and the key.
        int offset = LogImage.Frames(files).Where(frame => frame.IsRecord).Max(frame => frame.Offset + frame.Length);
        uint salt = HandMade.Salt(FormatExample.Secret, segment: 1);
        byte[] ghost = HandMade.Record(HandMade.Put, epoch: 2, sequence: 1000, "ghost"u8, "boo"u8,
            offset + 32 + KeyBytes, salt);
        store.Set(Encoding.ASCII.GetBytes(Key), ghost);
        store.Set("behind", "2");

        LogFrame record = LogImage.Frames(files).Single(frame => frame.IsRecord && frame.Offset == offset);
        Assert.Equal(ghost, record.Bytes[(32 + KeyBytes)..]);
        Assert.Equal(HandMade.FrameChecksum(ghost, offset + 32 + KeyBytes, salt), HandMade.Checksum(ghost));
        using SimulatedFiles whole = files.CrashProcess();
        using SimulatedFiles holed = files.CrashProcess();
        holed.WriteAll(record.Path,
            LogImage.WithUnfinished(holed.ReadAll(record.Path), record, record.Bytes.Length - 8));
        AssertNoGhost(whole, ghost);
        AssertNoGhost(holed, null);

        // Nor when the hole has become padding and the store is opened once more.
        AssertNoGhost(whole, ghost);
        AssertNoGhost(holed, null);
    }

    [Fact]
    public void A_value_that_is_a_copy_of_the_log_itself_is_a_value()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript script = WriteScript.Short;
        script.MakeAll(store);
        store.Flush();
        byte[] log = files.ReadAll(SmallStore.Segment(1))[..14_000];
        byte[] records = log[HandMade.HeaderBytes..(2 * HandMade.HeaderBytes)];
        store.Set("log"u8, log);
        store.Set("records"u8, records);
        script.Make(store, script.Count - 1);
        store.Flush();
        script.Make(store, script.Count - 1);

        foreach (SimulatedFiles after in new[]
        {
            files.CrashProcess(),
            files.CrashPower(PowerCut.DropUnsynced),
            files.CrashPower(PowerCut.KeepEverything),
        })
        {
            using (after)
            using (KvStore reopened = SmallStore.Open(after))
            {
                Assert.True(reopened.TryGet("log"u8, out byte[]? held));
                Assert.Equal(log, held);
                Assert.True(reopened.TryGet("records"u8, out held));
                Assert.Equal(records, held);
                Assert.Equal(script.Keys.Count() + 1, reopened.GetStatistics().Keys);
            }
        }
    }

    /// <summary>A sound record that lies at another place of its segment, or at its own place in another segment,
    /// is damage: a checksum begins from place and segment.</summary>
    [Fact]
    public void Old_bytes_in_another_place_are_no_record()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set(Key, "first");
        store.Set(Key, "other");
        List<LogFrame> records = [.. LogImage.Frames(files).Where(frame => frame.IsRecord)];
        using SimulatedFiles moved = files.CrashProcess();
        byte[] file = moved.ReadAll(SmallStore.Segment(1));
        records[0].Bytes.CopyTo(file.AsSpan(records[1].Offset));
        moved.WriteAll(SmallStore.Segment(1), file);
        var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(moved));
        Assert.Equal(records[1].Offset, damage.Offset);

        SmallStore.WaitForReadySegment(files);
        using SimulatedFiles doubled = files.CrashProcess();
        byte[] second = doubled.ReadAll(SmallStore.Segment(2));
        byte[] first = doubled.ReadAll(SmallStore.Segment(1));
        first.AsSpan(HandMade.HeaderBytes).CopyTo(second.AsSpan(HandMade.HeaderBytes));
        doubled.WriteAll(SmallStore.Segment(2), second);
        damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(doubled));
        Assert.Equal(SmallStore.Segment(2), damage.File);
    }

    [Fact]
    public void What_a_power_cut_took_never_comes_back()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set("kept", "1");
        store.Flush();
        store.Set("dropped", "2");
        store.Set("kept", "3");

        // The pages of the dropped writes are all there; only the commit record never was.
        using SimulatedFiles after = files.CrashPower(PowerCut.KeepEverything);
        for (int opening = 0; opening < 3; opening++)
        {
            using KvStore reopened = SmallStore.Open(after);
            Assert.Equal("1", reopened.GetString("kept"));
            Assert.Null(reopened.GetString("dropped"));
            reopened.Set($"new-{opening}", "4");
            using SimulatedFiles killed = after.CrashProcess();
            using KvStore again = SmallStore.Open(killed);
            Assert.Equal("1", again.GetString("kept"));
            Assert.Null(again.GetString("dropped"));
            Assert.Equal("4", again.GetString($"new-{opening}"));
        }
    }

    /// <summary>Bad at the end is torn; bad with synced data behind it is damage.</summary>
    [Fact]
    public void A_bad_record_is_torn_at_the_end_and_damage_in_front_of_synced_data()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set("a", "1");
        store.Flush();
        store.Set("b", "2");
        LogFrame last = LogImage.Frames(files).Where(frame => frame.IsRecord).MaxBy(frame => frame.Offset)!;
        using SimulatedFiles torn = files.CrashPower(PowerCut.KeepEverything);
        torn.FlipBit(last.Path, last.Offset + 32, bit: 0);
        using (KvStore reopened = SmallStore.Open(torn))
        {
            Assert.Equal("1", reopened.GetString("a"));
            Assert.Null(reopened.GetString("b"));
        }

        store.Flush();
        store.Set("c", "3");
        store.Flush();
        using SimulatedFiles damaged = files.CrashPower(PowerCut.KeepEverything);
        damaged.FlipBit(last.Path, last.Offset + 32, bit: 0);
        var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(damaged));
        Assert.Equal(last.Path, damage.File);
        Assert.Equal(last.Offset, damage.Offset);
    }

    private static void AssertNoGhost(SimulatedFiles files, byte[]? value)
    {
        using KvStore store = SmallStore.Open(files);
        Assert.Null(store.GetString("ghost"));
        Assert.Equal("1", store.GetString("before"));
        Assert.Equal("2", store.GetString("behind"));
        _ = store.TryGet(Encoding.ASCII.GetBytes(Key), out byte[]? held);
        Assert.Equal(value, held);
        Assert.Equal(value is null ? 2 : 3, store.GetStatistics().Keys);
    }
}
