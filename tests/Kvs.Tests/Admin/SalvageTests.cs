using System.Buffers.Binary;
using System.Text;
using Kvs.Admin;
using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Whatever is damaged, all that is not is in the new store, of each key the latest; and what is not is said.
/// </summary>
public sealed class SalvageTests
{
    private const string Target = "/saved";
    private static readonly WriteScript s_script = WriteScript.Short;

    [Fact]
    public void A_sound_store_is_copied_and_nothing_is_called_lost()
    {
        using SimulatedFiles files = MakeClosed();
        string[] before = Describe(files);
        SalvageReport report = Salvage(files);
        Assert.True(report.IsComplete);
        Assert.Empty(report.LostRanges);
        Assert.Equal(s_script.Count, report.Records);
        Assert.Equal(before, Describe(files));
        using KvStore saved = Open(files);
        s_script.AssertMoment(saved, s_script.Count);
        Assert.Equal(report.Keys, saved.GetStatistics().Keys);
    }

    /// <summary>A footer tells what a damaged record was: its key, its number, and whether it removed the key. So of
    /// one flipped bit nothing is lost but the record that it hits, and that is named.</summary>
    [Fact]
    public void Of_a_closed_store_nothing_is_lost_but_the_record_that_a_bit_hits()
    {
        using SimulatedFiles files = MakeClosed();
        List<Stored> stored = Read(files);
        string path = stored[0].Path;
        int lost = 0;
        foreach (int offset in EachByte(files.ReadAll(path)))
        {
            using SimulatedFiles flipped = files.CrashProcess();
            flipped.FlipBit(path, offset, offset % 8);
            SalvageReport report = Salvage(flipped);
            Stored? hit = stored.Find(record => record.Covers(path, offset));
            Assert.False(report.MayHoldOlderValues, $"byte {offset:x}");
            Assert.NotEmpty(report.LostRanges);
            CheckHolds(flipped, stored.Where(record => record != hit || hit.Value is null), $"byte {offset:x}");
            bool isLatest = hit?.Value is not null && stored.Where(record => record.Key == hit.Key).Max() == hit;
            Assert.True(isLatest == (report.LostRecords.Count == 1), $"byte {offset:x}");
            if (isLatest)
            {
                lost++;
                LostRecord named = report.LostRecords[0];
                Assert.Equal((hit!.Path, (long)hit.Offset, hit.Sequence), (named.File, named.Offset, named.Version));
                Stored? older = stored.Where(record => record.Key == hit.Key && record != hit).Max();
                Assert.Equal(older?.Value is null ? null : older.Sequence, named.SavedVersion);
            }
        }

        Assert.True(lost > 0);
    }

    [Fact]
    public void Of_a_store_that_was_not_closed_all_records_are_saved_but_the_one_that_a_bit_hits()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        s_script.MakeAll(store);
        SmallStore.WaitForReadySegment(files);
        using SimulatedFiles image = files.CrashProcess();
        List<Stored> stored = Read(image);
        string path = stored[0].Path;
        foreach (int offset in EachByte(image.ReadAll(path)))
        {
            using SimulatedFiles flipped = image.CrashProcess();
            flipped.FlipBit(path, offset, offset % 8);
            SalvageReport report = Salvage(flipped);
            Stored? hit = stored.Find(record => record.Covers(path, offset));
            CheckHolds(flipped, stored.Where(record => record != hit), $"byte {offset:x}");
            Assert.True(hit is null || report.MayHoldOlderValues, $"byte {offset:x}");
        }
    }

    [Fact]
    public void After_a_power_cut_salvage_saves_what_opening_keeps()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < s_script.Count; write++)
        {
            s_script.Make(store, write);
            if (write == 6)
            {
                store.Flush();
                files.WriteBackSome(seed: 1);
            }
        }

        using SimulatedFiles image = files.CrashPower(PowerCut.KeepEverything);
        using SimulatedFiles opened = image.CrashProcess();
        using KvStore recovered = SmallStore.Open(opened);
        Assert.True(Salvage(image).IsComplete);
        using KvStore saved = Open(image);
        s_script.AssertMoment(saved, s_script.FindMoment(recovered));
    }

    [Theory]
    [InlineData("page")]
    [InlineData("header")]
    [InlineData("end")]
    [InlineData("half")]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("noise")]
    public void Of_a_segment_that_is_damaged_in_any_way_all_that_is_there_is_saved(string damage)
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            for (int key = 0; key < 40; key++)
            {
                store.Set($"key-{key}", $"{key}" + new string('v', 3_000));
            }
        }

        List<Stored> stored = Read(files);
        string path = stored[10].Path;
        byte[] bytes = files.ReadAll(path);
        (int from, int to) = damage switch
        {
            "page" => (12_288, 16_384),
            "header" => (0, 4096),
            "noise" => (20_001, 25_003),
            "end" => (bytes.Length - 5000, bytes.Length),
            "half" => (bytes.Length / 16 * 8, bytes.Length),
            _ => (0, bytes.Length),
        };
        bytes.AsSpan(from, to - from).Clear();
        if (damage == "noise")
        {
            new Random(1).NextBytes(bytes.AsSpan(from, to - from));
        }

        files.Unlink(path);
        if (damage != "missing")
        {
            files.WriteAll(path, damage is "end" or "half" or "empty" ? bytes.AsSpan(0, from) : bytes);
        }

        SalvageReport report = Salvage(files);
        List<Stored> hit = stored.FindAll(record =>
            record.Path == path && record.Offset < to && from < record.Offset + record.Length);
        CheckHolds(files, stored.Except(hit), damage);
        Assert.Contains(report.LostRanges, range => range.File == path);
        Assert.True(hit.Count == 0 || report.MayHoldOlderValues || report.LostRecords.Count == hit.Count);
        if (damage is "page" or "noise")
        {
            Assert.Equal(hit.Select(record => record.Sequence), report.LostRecords.Select(record => record.Version));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_sound_manifest_all_is_saved_and_a_warning_given(bool isThere)
    {
        using SimulatedFiles files = MakeClosed();
        if (isThere)
        {
            files.FlipBit(SmallStore.Manifest, 3, 1);
        }
        else
        {
            files.Unlink(SmallStore.Manifest);
        }

        SalvageReport report = Salvage(files);
        Assert.Single(report.Warnings);
        Assert.True(report.MayHoldOlderValues);
        using KvStore saved = Open(files);
        s_script.AssertMoment(saved, s_script.Count);
    }

    [Fact]
    public void Without_a_sound_marker_the_error_says_that_any_backup_has_it()
    {
        using SimulatedFiles files = MakeClosed();
        files.FlipBit(SmallStore.Marker, 30, 1);
        var error = Assert.Throws<KvsFolderException>(() => Salvage(files));
        Assert.Contains("secret", error.Message, StringComparison.Ordinal);
        Assert.Contains("any backup", error.Message, StringComparison.Ordinal);
        Assert.Equal(PathKind.Missing, files.GetKind(Target));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_is_saved_whole_or_not_at_all_and_its_records_are_named(bool isClosed)
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set("first", "old");
        store.Set("gone", "old");
        var batch = new WriteBatch();
        batch.Set("first"u8, "new"u8);
        batch.Set("second"u8, "new"u8);
        batch.Remove("gone"u8);
        store.Write(batch);
        store.Set("third", "value");
        SimulatedFiles image = files;
        if (isClosed)
        {
            store.Dispose();
        }
        else
        {
            image = files.CrashProcess();
        }

        LogFrame second = LogImage.Frames(image).Single(frame => KeyOf(frame) == "second");
        image.FlipBit(second.Path, second.Offset + second.Length - 8, bit: 0);
        SalvageReport report = Salvage(image);
        using KvStore saved = Open(image);
        Assert.Equal(("old", null, "old", "value"), (saved.GetString("first"), saved.GetString("second"),
            saved.GetString("gone"), saved.GetString("third")));
        Assert.False(report.IsComplete);
        List<string> named = [.. report.LostRecords.Select(lost => Encoding.ASCII.GetString(lost.Key!.Value.Span))];
        Assert.Equal(isClosed ? ["first", "second", "gone"] : ["first", "gone"], named);
        Assert.All(report.LostRecords, lost => Assert.True(lost.IsOfDamagedBatch));
        Assert.Equal(1, report.LostRecords.Count(lost => lost.IsRemoval));
    }

    [Fact]
    public void Removed_and_expired_keys_stay_away_and_expiries_are_kept()
    {
        using var files = new SimulatedFiles();
        var clock = new HandDrivenClock();
        DateTimeOffset start = clock.GetUtcNow();
        using (KvStore store = KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with { Clock = clock }))
        {
            store.TrySet("brief"u8, "v"u8, new WriteOptions { ExpiresAt = start + TimeSpan.FromMinutes(1) });
            store.TrySet("long"u8, "v"u8, new WriteOptions { ExpiresAt = start + TimeSpan.FromMinutes(3) });
            store.Set("removed", "v");
            store.Remove("removed");
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        SalvageReport report = KvStoreFiles.Salvage(SmallStore.Folder, Target,
            new AdminOptions { FileSystem = files, Clock = clock });
        Assert.Equal((1, 1), (report.Keys, report.ExpiredKeys));
        using KvStore saved = KvStore.Open(Target, SmallStore.OptionsOn(files) with { Clock = clock });
        Assert.Equal("v", saved.GetString("long"));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(saved.GetString("long"));
    }

    /// <summary>The bytes of a record, in a value: behind damage, they are searched and not believed.</summary>
    [Fact]
    public void Bytes_of_a_user_that_look_like_a_record_are_not_taken_for_one()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        store.Set("impostor", "value");
        byte[] frame = LogImage.Frames(files).Single(found => KeyOf(found) == "impostor").Bytes;
        Assert.True(store.Remove("impostor"));
        store.Set("12345678"u8, frame);
        LogFrame carrier = LogImage.Frames(files).Single(found => KeyOf(found) == "12345678");
        using SimulatedFiles image = files.CrashProcess();
        image.FlipBit(carrier.Path, carrier.Offset + 16, bit: 7);
        SalvageReport report = Salvage(image);
        Assert.Equal(0, report.Keys);
        Assert.Equal(2, report.Records);
    }

    /// <summary>A batch that was never finished lies in a hole, and its records are complete.</summary>
    [Fact]
    public void What_lies_in_room_that_was_never_filled_is_not_taken()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        var batch = new WriteBatch();
        batch.Set("first"u8, "new"u8);
        batch.Set("second"u8, "new"u8);
        store.Write(batch);
        store.Set("third", "value");
        LogFrame header = LogImage.Frames(files).Single(frame => frame.Kind == HandMade.Batch);
        using SimulatedFiles image = files.CrashProcess();
        byte[] bytes = image.ReadAll(header.Path);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(header.Offset), (ulong)header.Length);
        image.WriteAll(header.Path, bytes);
        SalvageReport report = Salvage(image);
        Assert.Equal(1, report.Keys);
        Assert.True(report.IsComplete);
    }

    [Fact]
    public void A_salvage_that_fails_leaves_no_store()
    {
        using SimulatedFiles files = MakeClosed();
        files.CapacityBytes = files.Snapshot().Sum(file => file.Bytes?.Length ?? 0) + 1000;
        Assert.ThrowsAny<Exception>(() => Salvage(files));
        Assert.Equal(["lock"], files.List(Target));
    }

    private static SimulatedFiles MakeClosed()
    {
        var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        s_script.MakeAll(store);
        return files;
    }

    private static SalvageReport Salvage(SimulatedFiles files) =>
        KvStoreFiles.Salvage(SmallStore.Folder, Target, new AdminOptions { FileSystem = files });

    private static KvStore Open(SimulatedFiles files) => KvStore.Open(Target, SmallStore.OptionsOn(files));

    /// <summary>Each byte that is not zero, and some of the zeros.</summary>
    private static IEnumerable<int> EachByte(byte[] bytes) =>
        FlippedBits.Of(bytes, zerosApart: 251).Where(place => place.Bit == place.Offset % 8)
            .Select(place => place.Offset);

    /// <summary>Fails unless the new store holds of each key the latest of these writes, and nothing else.</summary>
    private static void CheckHolds(SimulatedFiles files, IEnumerable<Stored> writes, string where)
    {
        using KvStore saved = Open(files);
        int keys = 0;
        foreach (IGrouping<string, Stored> key in writes.GroupBy(write => write.Key))
        {
            byte[]? expected = key.Max()!.Value;
            _ = saved.TryGet(Encoding.ASCII.GetBytes(key.Key), out byte[]? value);
            Assert.True(value is null == expected is null && value.AsSpan().SequenceEqual(expected),
                $"{where}: {key.Key}");
            keys += expected is null ? 0 : 1;
        }

        Assert.True(keys == saved.GetStatistics().Keys, where);
    }

    private static List<Stored> Read(SimulatedFiles files) =>
    [
        .. LogImage.Frames(files).Where(frame => frame.IsRecord).Select(frame => new Stored(frame.Path, frame.Offset,
            frame.Length, frame.Sequence, KeyOf(frame)!, frame.Kind == HandMade.Put ? ValueOf(frame) : null)),
    ];

    private static string? KeyOf(LogFrame frame) => frame.IsRecord
        ? Encoding.ASCII.GetString(frame.Bytes, 32, BitConverter.ToUInt16(frame.Bytes, 28) + 1)
        : null;

    private static byte[] ValueOf(LogFrame frame) => frame.Bytes.AsSpan(
        33 + BitConverter.ToUInt16(frame.Bytes, 28), BitConverter.ToInt32(frame.Bytes, 24)).ToArray();

    private static string[] Describe(SimulatedFiles files) =>
        [.. files.Snapshot().Where(file => file.Path.StartsWith(SmallStore.Folder, StringComparison.Ordinal))
            .Select(file => $"{file.Path} {(file.Bytes is null ? "" : Convert.ToHexString(file.Bytes))}")];

    private sealed record Stored(string Path, int Offset, int Length, ulong Sequence, string Key, byte[]? Value)
        : IComparable<Stored>
    {
        public int CompareTo(Stored? other) => Sequence.CompareTo(other?.Sequence ?? 0);

        internal bool Covers(string path, int offset) => path == Path && offset >= Offset && offset < Offset + Length;
    }
}
