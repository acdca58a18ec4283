using System.Buffers.Binary;
using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A footer saves time and is never believed: whatever becomes of it, the store holds the same. What becomes
/// of the records that it stands for shows when they are read.</summary>
public sealed class FooterTests
{
    private readonly WriteScript _script = WriteScript.OneSegment;
    private readonly List<string> _told = [];

    [Fact]
    public void A_closed_store_opens_without_a_look_at_its_records_and_none_that_is_damaged_reads_as_not_there()
    {
        using SimulatedFiles files = MakeClosed();
        byte[] segment = files.ReadAll(SmallStore.Segment(1));
        int footer = Find(files, HandMade.Footer).Offset;
        new Random(1).NextBytes(segment.AsSpan(HandMade.HeaderBytes, footer - HandMade.HeaderBytes));
        files.WriteAll(SmallStore.Segment(1), segment);
        using KvStore store = Open(files);
        Assert.Empty(_told);
        foreach (string key in _script.Keys)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(key);
            if (_script.ValueAfter(_script.Count, key) is null)
            {
                Assert.False(store.TryGet(bytes, out byte[]? _));
                continue;
            }

            var damage = Assert.Throws<KvsDamageException>(() => store.TryGet(bytes, out byte[]? _));
            Assert.Equal(SmallStore.Segment(1), damage.File);
            Assert.InRange(damage.Offset, HandMade.HeaderBytes, footer);
        }
    }

    [Fact]
    public void Any_damage_to_a_footer_is_told_and_costs_time_and_nothing_else()
    {
        using SimulatedFiles files = MakeClosed();
        LogFrame footer = Find(files, HandMade.Footer);
        for (int at = 0; at < footer.Bytes.Length; at++)
        {
            AssertRebuilds(files, bytes => bytes[footer.Offset + at] ^= (byte)(1 << (at % 8)));
        }
    }

    [Fact]
    public void A_sound_footer_that_contradicts_seal_or_segment_is_not_used()
    {
        using SimulatedFiles files = MakeClosed();
        LogFrame footer = Find(files, HandMade.Footer);
        int entries = HandMade.FooterHeaderBytes;
        int last = footer.Bytes.Length - HandMade.FooterEntryBytes;

        // Another count or digest; out of order; a place in the header, in the footer, behind the file.
        Rewrite(frame => frame[24]++);
        Rewrite(frame => frame[28]++);
        Rewrite(frame => frame[(entries + 7)..(entries + 8)].Fill(0xFF));
        Rewrite(frame => SetPlace(frame[entries..], 4096));
        Rewrite(frame => SetPlace(frame[last..], footer.Offset - 24));
        Rewrite(frame => SetPlace(frame[last..], footer.Offset));
        Rewrite(frame => SetPlace(frame[last..], 64 * 1024 * 1024 - 8));

        void Rewrite(SpanAction change) => AssertRebuilds(files, bytes =>
        {
            Span<byte> frame = bytes.AsSpan(footer.Offset, footer.Bytes.Length);
            change(frame);
            HandMade.Complete(frame, (uint)frame.Length, footer.Offset,
                HandMade.Salt(FormatExample.Secret, segment: 1));
        });

        static void SetPlace(Span<byte> entry, int offset)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (word >> 23 << 23) | (uint)(offset / 8));
        }
    }

    [Fact]
    public void The_footer_of_another_segment_is_not_used()
    {
        using SimulatedFiles files = MakeClosed();
        using SimulatedFiles others = MakeClosed(FormatExample.Secret with { Secret = 1 });
        LogFrame footer = Find(files, HandMade.Footer);
        byte[] other = Find(others, HandMade.Footer).Bytes;
        Assert.Equal(footer.Bytes.Length, other.Length);
        AssertRebuilds(files, bytes => other.CopyTo(bytes, footer.Offset));
    }

    [Fact]
    public void Damage_is_found_at_opening_where_the_footer_cannot_be_used()
    {
        using SimulatedFiles files = MakeClosed();
        LogFrame footer = Find(files, HandMade.Footer);
        LogFrame record = LogImage.Frames(files).Last(frame => frame.IsRecord);
        files.FlipBit(footer.Path, footer.Offset + 40, bit: 0);
        files.FlipBit(record.Path, record.Offset + 32, bit: 0);
        var damage = Assert.Throws<KvsDamageException>(() => Open(files));
        Assert.Equal(record.Offset, damage.Offset);
    }

    /// <summary>A page that is lost may take the end of a chain with it: what is left looks whole.</summary>
    [Fact]
    public void The_last_record_of_a_chunk_that_is_missing_is_damage_to_who_reads_the_segment()
    {
        using SimulatedFiles files = MakeClosed();
        List<LogFrame> frames = LogImage.Frames(files);
        int footer = Find(files, HandMade.Footer).Offset;
        int lost = 0;
        for (int i = 0; i + 1 < frames.Count; i++)
        {
            if (!frames[i].IsRecord || frames[i + 1].Kind is HandMade.Put or HandMade.Remove)
            {
                continue;
            }

            using SimulatedFiles damaged = files.CrashProcess();
            byte[] segment = damaged.ReadAll(frames[i].Path);
            segment.AsSpan(frames[i].Offset, frames[i].Length).Clear();
            damaged.WriteAll(frames[i].Path, segment);
            Assert.Throws<KvsDamageException>(() => SmallStore.VerifySegment(damaged, frames[i].Path));
            damaged.FlipBit(frames[i].Path, footer + 40, bit: 1);
            Assert.Throws<KvsDamageException>(() => Open(damaged));
            lost++;
        }

        Assert.True(lost > 2);
    }

    [Fact]
    public void A_seal_that_is_not_as_it_was_written_is_damage()
    {
        using SimulatedFiles files = MakeClosed();
        LogFrame seal = Find(files, HandMade.Seal);
        for (int at = 0; at < seal.Bytes.Length; at++)
        {
            using SimulatedFiles damaged = files.CrashProcess();
            damaged.FlipBit(seal.Path, seal.Offset + at, at % 8);
            var damage = Assert.Throws<KvsDamageException>(() => Open(damaged));
            Assert.Equal(seal.Path, damage.File);
        }
    }

    [Fact]
    public void A_file_that_could_not_be_cut_opens_all_the_same()
    {
        using var files = new SimulatedFiles();
        files.Inject(new SimulatedFault
        {
            Matches = operation => operation.Kind == FileOperation.Truncate,
            Repeats = true,
        });
        KvStore store = Open(files);
        _script.MakeAll(store);
        var error = Assert.Throws<KvsWriteException>(store.Dispose);
        Assert.Contains("Truncate", error.Message, StringComparison.Ordinal);
        files.ClearFaults();
        Assert.Equal(SmallStore.SegmentBytes, files.ReadAll(SmallStore.Segment(1)).Length);
        using (KvStore reopened = Open(files))
        {
            _script.AssertMoment(reopened, _script.Count);
            Assert.Empty(_told);
        }

        // Closing tries again.
        LogFrame seal = Find(files, HandMade.Seal);
        Assert.Equal(seal.Offset + seal.Length, files.ReadAll(SmallStore.Segment(1)).Length);
    }

    [Fact]
    public void Without_room_for_a_footer_the_segment_is_sealed_and_read_when_opened()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = Open(files))
        {
            FillSegment(store);
            SmallStore.WaitForReadySegment(files);
            files.CapacityBytes = SmallStore.Segments(files).Sum(segment => segment.Bytes.Length) + 2000;
        }

        Assert.Contains(_told, message => message.Contains("footer", StringComparison.Ordinal));
        Assert.Contains(LogImage.Frames(files), frame => frame.Kind == HandMade.Seal &&
            BinaryPrimitives.ReadUInt32LittleEndian(frame.Bytes.AsSpan(56)) == 0);
        _told.Clear();
        files.CapacityBytes = long.MaxValue;
        AssertFilled(files);
        Assert.Single(_told);
    }

    /// <summary>A segment that is full to the end has no room for its footer: its file becomes longer than it was made,
    /// and may be found so by who comes after a crash.</summary>
    [Fact]
    public void A_crash_anywhere_in_sealing_a_full_segment_loses_nothing()
    {
        using var files = new SimulatedFiles();
        List<SimulatedFiles> images = [];
        using (KvStore store = SmallStore.Open(files))
        {
            FillSegment(store);
            store.Flush();
            files.BeforeOperation = _ =>
            {
                lock (images)
                {
                    images.Add(files.CrashProcess());
                }
            };
        }

        Assert.Contains(files.Log, operation => operation.Kind == FileOperation.Allocate &&
            operation.Path == SmallStore.Segment(1) && operation.Length > SmallStore.SegmentBytes);
        var random = new Random(7);
        foreach (SimulatedFiles image in images)
        {
            using SimulatedFiles cut = image.CrashPower(PowerCut.Random(random.Next()));
            using SimulatedFiles dropped = image.CrashPower(PowerCut.DropUnsynced);
            using SimulatedFiles kept = image.CrashPower(PowerCut.KeepEverything);
            AssertFilled(cut);
            AssertFilled(dropped);
            AssertFilled(kept);
            AssertFilled(image);
            image.Dispose();
        }
    }

    [Fact]
    public void A_crash_anywhere_in_recovering_a_full_segment_loses_nothing()
    {
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files);
        FillSegment(store);
        store.Flush();
        using SimulatedFiles killed = files.CrashProcess();
        using SimulatedFiles cut = files.CrashPower(PowerCut.Random(3));
        store.Dispose();
        var random = new Random(11);
        foreach (SimulatedFiles start in new[] { killed, cut })
        {
            bool hasFailed = true;
            for (int nth = 1; hasFailed; nth++)
            {
                using SimulatedFiles present = start.CrashProcess();
                present.BootId = start.BootId;
                present.FailOperation(nth, forEver: true);
                hasFailed = Record.Exception(() => SmallStore.Open(present).Dispose()) is not null;
                using SimulatedFiles again = present.CrashProcess();
                using SimulatedFiles without = present.CrashPower(PowerCut.DropUnsynced);
                using SimulatedFiles some = present.CrashPower(PowerCut.Random(random.Next()));
                AssertFilled(again);
                AssertFilled(without);
                AssertFilled(some);
            }
        }
    }

    /// <summary>The first recovery had sealed the file and died before the manifest said so.</summary>
    [Fact]
    public void A_crash_anywhere_in_recovering_what_was_sealed_already_loses_nothing()
    {
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        store.Flush();
        using SimulatedFiles killed = files.CrashProcess();
        store.Dispose();
        killed.Inject(new SimulatedFault
        {
            Matches = operation => operation.Path.Contains("manifest", StringComparison.Ordinal) &&
                operation.Kind == FileOperation.Create,
            Repeats = true,
        });
        Assert.Throws<KvsFolderException>(() => SmallStore.Open(killed));
        foreach (string boot in new[] { killed.BootId, "another" })
        {
            bool hasFailed = true;
            for (int nth = 1; hasFailed; nth++)
            {
                using SimulatedFiles present = killed.CrashProcess();
                present.BootId = boot;
                present.FailOperation(nth, forEver: true);
                hasFailed = Record.Exception(() => SmallStore.Open(present).Dispose()) is not null;
                using SimulatedFiles again = present.CrashProcess();
                using SimulatedFiles without = present.CrashPower(PowerCut.DropUnsynced);
                using SimulatedFiles with = present.CrashPower(PowerCut.KeepEverything);
                foreach (SimulatedFiles after in new[] { again, without, with })
                {
                    using KvStore reopened = Open(after);
                    _script.AssertMoment(reopened, _script.Count);
                }
            }
        }
    }

    private delegate void SpanAction(Span<byte> bytes);

    private static LogFrame Find(SimulatedFiles files, byte kind) =>
        LogImage.Frames(files).Single(frame => frame.Kind == kind);

    private static string Key(int number) => $"{number:x3}";

    /// <summary>Fills the first segment with the shortest records that have a key of three letters.</summary>
    private static void FillSegment(KvStore store)
    {
        for (int number = 0; number < 1600; number++)
        {
            store.Set(Key(number), "v");
        }
    }

    private void AssertFilled(SimulatedFiles files)
    {
        using KvStore store = Open(files);
        for (int number = 0; number < 1600; number++)
        {
            Assert.Equal("v", store.GetString(Key(number)));
        }

        Assert.Equal(1600, store.GetStatistics().Keys);
    }

    private KvStore Open(SimulatedFiles files, Log.LogSecret? secret = null) =>
        KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with
        {
            Log = _told.Add,
            NewSecret = secret ?? FormatExample.Secret,
        });

    private SimulatedFiles MakeClosed(Log.LogSecret? secret = null)
    {
        var files = new SimulatedFiles();
        using KvStore store = Open(files, secret);
        _script.MakeAll(store);
        return files;
    }

    /// <summary>Fails unless the store with the changed segment holds what it should, and says that it was read.
    /// </summary>
    private void AssertRebuilds(SimulatedFiles files, Action<byte[]> change)
    {
        using SimulatedFiles changed = files.CrashProcess();
        byte[] segment = changed.ReadAll(SmallStore.Segment(1));
        change(segment);
        changed.WriteAll(SmallStore.Segment(1), segment);
        _told.Clear();
        using KvStore store = Open(changed);
        _script.AssertMoment(store, _script.Count);
        Assert.Contains(SmallStore.Segment(1), Assert.Single(_told), StringComparison.Ordinal);
    }
}
