using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// Never wrong bytes. Every bit of a small store is turned over, and what follows is an error, when it is
/// opened or when the key is read, or the right value; never a wrong one, and never a key that is missing. Of the bytes
/// in a long row of zeros, one bit.
/// </summary>
public sealed class FlippedBitTests(ITestOutputHelper output)
{
    private readonly WriteScript _script = WriteScript.Short;

    [Fact]
    public void In_a_store_that_was_closed()
    {
        using var files = new SimulatedFiles();
        int half = _script.Count / 2;
        using (KvStore store = SmallStore.Open(files))
        {
            Make(store, 0, half);
        }

        using (KvStore store = SmallStore.Open(files))
        {
            Make(store, half, _script.Count);
        }

        // What no key needs any more is not read: records that were replaced, commit records, the ends of chunks.
        int right = FlipEachBit(files, _script.Count, zerosApart: 7, mayBeFoundLate: true);
        Assert.True(right > 0);
        VerifyFindsEachBit(files);
    }

    /// <summary>What opening does not read, verifying does.</summary>
    private static void VerifyFindsEachBit(SimulatedFiles files)
    {
        foreach ((string path, byte[] bytes) in SmallStore.Segments(files))
        {
            SmallStore.VerifySegment(files, path);
            foreach ((int offset, int bit) in FlippedBits.Of(bytes, zerosApart: 1))
            {
                files.FlipBit(path, offset, bit);
                var damage = Assert.Throws<KvsDamageException>(() => SmallStore.VerifySegment(files, path));
                Assert.Equal(path, damage.File);
                files.FlipBit(path, offset, bit);
            }
        }
    }

    /// <summary>A frame of 64 bytes whose length lost its one bit had the length 0, and opening went on for ever: the
    /// frames of a sealed segment were counted before they were verified. Without its footer, it is read.</summary>
    [Fact]
    public void A_length_that_became_zero_is_damage_and_no_endless_loop()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        const int CommitRecord = 0x2040;
        const int Footer = 0x3000;
        files.FlipBit(FormatExample.SegmentPath, Footer + HandMade.FooterHeaderBytes, bit: 0);
        files.FlipBit(FormatExample.SegmentPath, CommitRecord, bit: 6);
        var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(files));
        Assert.Equal(FormatExample.SegmentPath, damage.File);
        Assert.Equal(CommitRecord, damage.Offset);
    }

    [Fact]
    public void In_a_store_whose_process_died()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        Make(store, 0, _script.Count);
        SmallStore.WaitForReadySegment(files);
        using SimulatedFiles image = files.CrashProcess();

        // In an empty segment, one bit can look like a chunk that was cut and never begun: nothing is lost with it.
        _ = FlipEachBit(image, _script.Count, zerosApart: 3);
    }

    /// <summary>The first word of a write that never finished has no checksum yet: a bit that flips in its length
    /// could step over the frames behind it. All else of it means nothing.</summary>
    [Fact]
    public void In_what_a_write_left_that_never_finished()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        Make(store, 0, _script.Count);
        const int Died = 9;
        LogFrame record = LogImage.Frames(files).Single(frame => frame.IsRecord && frame.Sequence == Died + 1);
        using SimulatedFiles image = files.CrashProcess();
        image.WriteAll(record.Path, LogImage.WithUnfinished(image.ReadAll(record.Path), record, copiedBytes: 20));
        for (int at = record.Offset + 4; at < record.Offset + record.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                using SimulatedFiles flipped = image.CrashProcess();
                flipped.FlipBit(record.Path, at, bit);
                if (at < record.Offset + 8)
                {
                    Assert.Throws<KvsDamageException>(() => SmallStore.Open(flipped));
                    continue;
                }

                using KvStore reopened = SmallStore.Open(flipped);
                _script.AssertHolds(reopened, Enumerable.Range(0, _script.Count).Where(write => write != Died));
            }
        }
    }

    /// <summary>A later commit record says that all writes but the last were durable. The last has no witness but its
    /// own commit record, so a flipped bit may take it, as if it had never been durable.</summary>
    [Fact]
    public void In_a_store_whose_machine_lost_power()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < _script.Count; write++)
        {
            _script.Make(store, write);
            if (write % 4 == 3 || write >= _script.Count - 2)
            {
                store.Flush();
            }
        }

        SmallStore.WaitForReadySegment(files);
        using SimulatedFiles image = files.CrashPower(PowerCut.DropUnsynced);
        int right = FlipEachBit(image, _script.Count - 1, zerosApart: 31);
        Assert.True(right > 0);
    }

    [Fact]
    public void In_the_memory_of_a_running_store()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        Make(store, 0, _script.Count);
        List<LogFrame> frames = LogImage.Frames(files);
        int errors = 0;
        foreach (LogFrame frame in frames)
        {
            for (int bit = 0; bit < frame.Bytes.Length * 8; bit++)
            {
                int at = frame.Offset + (bit / 8);
                files.FlipBit(frame.Path, at, bit % 8);
                foreach (string key in _script.Keys)
                {
                    errors += IsRightOrDamage(store, key, frame) ? 0 : 1;
                }

                files.FlipBit(frame.Path, at, bit % 8);
            }
        }

        int liveBits = frames.Where(frame => IsLive(frame, frames)).Sum(frame => frame.Bytes.Length * 8);
        Assert.Equal(liveBits, errors);
        store.Set("new", "value");
        Assert.Equal("value", store.GetString("new"));
    }

    /// <summary>False for an error, which must name the place; another key's value is never touched by it.</summary>
    private bool IsRightOrDamage(KvStore store, string key, LogFrame flipped)
    {
        try
        {
            _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
            Assert.Equal(_script.ValueAfter(_script.Count, key), value);
            return true;
        }
        catch (KvsDamageException e)
        {
            Assert.Equal(flipped.Path, e.File);
            Assert.Equal(flipped.Offset, e.Offset);
            Assert.Equal(key, KeyOf(flipped));
            return false;
        }
    }

    private static bool IsLive(LogFrame frame, List<LogFrame> frames) =>
        frame.Kind == HandMade.Put &&
        !frames.Any(other => other.IsRecord && other.Sequence > frame.Sequence && KeyOf(other) == KeyOf(frame));

    private static string KeyOf(LogFrame record) =>
        Encoding.ASCII.GetString(record.Bytes, 32, BitConverter.ToUInt16(record.Bytes, 28) + 1);

    private void Make(KvStore store, int from, int to)
    {
        for (int write = from; write < to; write++)
        {
            _script.Make(store, write);
        }
    }

    /// <summary>Flips each bit of all files, opens and looks. Returns how often all values were right.</summary>
    /// <param name="image">The store.</param>
    /// <param name="sureMoment">All values of this moment, or of a later one, must be there.</param>
    /// <param name="zerosApart">In long rows of zeros, every so many bytes one bit is flipped.</param>
    /// <param name="mayBeFoundLate">Whether damage may show when a key is read, and the store be open.</param>
    private int FlipEachBit(SimulatedFiles image, int sureMoment, int zerosApart, bool mayBeFoundLate = false)
    {
        SimulatedFiles present = image.CrashProcess();
        int right = 0, errors = 0, late = 0;
        foreach (string name in image.List(SmallStore.Folder).Order(StringComparer.Ordinal))
        {
            string path = Path.Combine(SmallStore.Folder, name);
            byte[] bytes = image.ReadAll(path);
            foreach ((int offset, int bit) in FlippedBits.Of(bytes, zerosApart))
            {
                present.FlipBit(path, offset, bit);
                string where = $"{path}, byte {offset:x}, bit {bit}";
                if (OpensRight(present, store => CheckEachKey(store, path, mayBeFoundLate, where, sureMoment)) is
                    { } isRight)
                {
                    right += isRight ? 1 : 0;
                    late += isRight ? 0 : 1;
                }
                else
                {
                    errors++;
                    present.FlipBit(path, offset, bit);
                    if (errors % 64 != 0)
                    {
                        continue;
                    }

                    Assert.Equal(image.Snapshot().Select(Visible), present.Snapshot().Select(Visible));
                }

                present.Dispose();
                present = image.CrashProcess();
            }
        }

        present.Dispose();
        output.WriteLine($"{errors} errors when opened, {late} when read, {right} times the right values");
        Assert.True(errors > 0);
        Assert.Equal(mayBeFoundLate, late > 0);
        return right;

        static (string, string) Visible(SimulatedFileState file) =>
            (file.Path, file.Bytes is null ? "" : Convert.ToHexString(file.Bytes));
    }

    /// <summary>Null for an error, which must have changed nothing; else what the check of the open store says.
    /// </summary>
    private static bool? OpensRight(SimulatedFiles files, Func<KvStore, bool> check)
    {
        KvStore store;
        try
        {
            store = SmallStore.Open(files);
        }
        catch (KvsException)
        {
            return null;
        }

        using (store)
        {
            return check(store);
        }
    }

    /// <summary>Whether all values are right; false where one of them could not be read, and the error named the
    /// place.</summary>
    private bool CheckEachKey(KvStore store, string flipped, bool mayBeFoundLate, string where, int sureMoment)
    {
        if (!mayBeFoundLate)
        {
            int moment = _script.FindMoment(store);
            Assert.True(moment >= sureMoment, $"After a flip in {where} the store stands after {moment} writes.");
            return true;
        }

        bool isRight = true;
        foreach (string key in _script.Keys)
        {
            try
            {
                _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
                byte[]? expected = _script.ValueAfter(sureMoment, key);
                Assert.True(value.AsSpan().SequenceEqual(expected) && value is null == expected is null,
                    $"After a flip in {where} {key} has a wrong value, or none.");
            }
            catch (KvsDamageException e)
            {
                Assert.Equal(flipped, e.File);
                isRight = false;
            }
        }

        Assert.Equal(_script.Keys.Count(key => _script.ValueAfter(sureMoment, key) is not null),
            store.GetStatistics().Keys);
        return isRight;
    }
}
