using Kvs.Admin;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Verifying a folder finds everything that is not as it was written, and changes nothing.</summary>
public sealed class VerifyTests
{
    private readonly WriteScript _script = WriteScript.Short;

    [Fact]
    public void A_closed_store_is_sound_and_its_figures_are_those_of_its_seals()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        VerifyReport report = Verify(files);
        Assert.True(report.IsSound);
        Assert.Null(report.Recovery);
        Assert.Equal("0123456789abcdef", report.StoreId);
        Assert.Equal((1, 4L, (long)FormatExample.SegmentBytes, 2L),
            (report.Segments, report.Records, report.Bytes, report.Keys));
    }

    [Fact]
    public void Each_flipped_bit_of_a_closed_store_is_found_in_its_file()
    {
        using SimulatedFiles files = MakeClosed();
        foreach (string name in files.List(SmallStore.Folder).Where(name => name != "lock"))
        {
            string path = Path.Combine(SmallStore.Folder, name);
            foreach ((int offset, int bit) in FlippedBits.Of(files.ReadAll(path), zerosApart: 1))
            {
                files.FlipBit(path, offset, bit);
                string where = $"{name}, byte {offset:x}, bit {bit}";
                try
                {
                    VerifyReport report = Verify(files);
                    Assert.True(report.Damages.Count == 1 && report.Damages[0].File == path, where);
                }
                catch (KvsFolderException e)
                {
                    Assert.Fail($"{where}: {e.Message}");
                }

                files.FlipBit(path, offset, bit);
            }
        }

        Assert.True(Verify(files).IsSound);
    }

    /// <summary>Of a store that was not closed, verifying says what opening does: that it is damaged, or what would be
    /// recovered.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_flipped_bit_of_a_store_that_died_is_damage_just_where_opening_it_is(bool isPowerCut)
    {
        using SimulatedFiles image = MakeDead(isPowerCut);
        int sound = 0, damaged = 0;
        foreach (string name in image.List(SmallStore.Folder).Where(name => name != "lock"))
        {
            string path = Path.Combine(SmallStore.Folder, name);
            foreach ((int offset, int bit) in FlippedBits.Of(image.ReadAll(path), zerosApart: 61))
            {
                image.FlipBit(path, offset, bit);
                VerifyReport report = Verify(image);
                using (SimulatedFiles opened = image.CrashProcess())
                {
                    bool opens = Opens(opened);
                    Assert.True(opens == report.IsSound, $"{name}, byte {offset:x}, bit {bit}: opens: {opens}");
                    sound += opens ? 1 : 0;
                    damaged += opens ? 0 : 1;
                }

                image.FlipBit(path, offset, bit);
            }
        }

        Assert.True(damaged > 0);
        Assert.True(sound > 0 || !isPowerCut);
    }

    [Fact]
    public void What_a_dead_process_left_is_said_before_it_is_opened()
    {
        using SimulatedFiles image = MakeDead(isPowerCut: false);
        LogFrame record = LogImage.Frames(image).Last(frame => frame.IsRecord);
        image.WriteAll(record.Path, LogImage.WithUnfinished(image.ReadAll(record.Path), record, copiedBytes: 3));
        VerifyReport report = Verify(image);
        Assert.True(report.IsSound);
        Assert.Null(report.Keys);
        Assert.Equal(new RecoveryForecast
        {
            IsPowerCut = false,
            KeptRecords = _script.Count - 1,
            DroppedBytes = 0,
            UnfinishedWrites = 1,
        }, report.Recovery);
    }

    [Fact]
    public void What_a_power_cut_took_is_said_before_it_is_opened()
    {
        using SimulatedFiles image = MakeDead(isPowerCut: true);
        int last = LogImage.Frames(image).FindLastIndex(frame => frame.Kind == HandMade.Commit);
        LogFrame commit = LogImage.Frames(image)[last];
        image.FlipBit(commit.Path, commit.Offset + 8, bit: 0);
        RecoveryForecast? forecast = Verify(image).Recovery;
        Assert.NotNull(forecast);
        Assert.True(forecast.IsPowerCut);
        Assert.Equal(_script.Count - 1, forecast.KeptRecords);
        Assert.True(forecast.DroppedBytes > 0);
        using KvStore store = SmallStore.Open(image);
        _script.AssertMoment(store, _script.Count - 1);
    }

    [Fact]
    public void Damage_in_several_files_is_told_of_each()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            for (int key = 0; key < 20; key++)
            {
                store.Set($"key-{key}", new string('v', 12_000));
            }
        }

        List<string> segments = SmallStore.Segments(files).ConvertAll(segment => segment.Path);
        Assert.True(segments.Count > 3);
        files.FlipBit(segments[0], 5000, 0);
        files.FlipBit(segments[2], 20, 3);
        files.Unlink(segments[3]);
        VerifyReport report = Verify(files);
        Assert.Equal([segments[0], segments[2], segments[3]], report.Damages.Select(damage => damage.File));
        Assert.All(report.Damages, damage => Assert.StartsWith($"{damage.File}:{damage.Offset}: ", damage.ToString(),
            StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_manifest_the_segments_are_verified_all_the_same()
    {
        using SimulatedFiles files = MakeClosed();
        files.Unlink(SmallStore.Manifest);
        Assert.Equal([SmallStore.Manifest], Verify(files).Damages.Select(damage => damage.File));
        string segment = SmallStore.Segments(files)[0].Path;
        files.FlipBit(segment, 4200, 1);
        Assert.Equal([SmallStore.Manifest, segment], Verify(files).Damages.Select(damage => damage.File));
    }

    [Fact]
    public void A_store_in_use_is_refused_and_its_process_named()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        var error = Assert.Throws<KvsFolderException>(() => Verify(files));
        Assert.Contains("process 1 (simulated)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_opens_a_store_that_is_being_verified()
    {
        using SimulatedFiles files = MakeClosed();
        KvsFolderException? refused = null;
        KvStoreFiles.Verify(SmallStore.Folder, new AdminOptions
        {
            FileSystem = files,
            Progress = _ => refused ??= Assert.Throws<KvsFolderException>(() => SmallStore.Open(files)),
        });
        Assert.NotNull(refused);
        SmallStore.Open(files).Dispose();
    }

    [Fact]
    public void What_is_no_store_is_refused()
    {
        using var files = new SimulatedFiles();
        files.WriteAll("/notes/file", "text"u8);
        files.CreateDirectory("/empty");
        foreach (string folder in new[] { "/missing", "/empty", "/notes", "/notes/file" })
        {
            var error = Assert.Throws<KvsFolderException>(
                () => KvStoreFiles.Verify(folder, new AdminOptions { FileSystem = files }));
            Assert.Contains(folder, error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Not a byte, not a time: of a real folder, as a file system that cannot be written to would have it.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_in_the_folder_changes(bool hasLock)
    {
        string folder = Directory.CreateTempSubdirectory("kvs-verify-").FullName;
        try
        {
            using (KvStore store = KvStore.Open(folder))
            {
                store.Set("key", "value");
            }

            if (!hasLock)
            {
                File.Delete(Path.Combine(folder, "lock"));
            }

            string[] before = Describe(folder);
            Assert.Equal(1, KvStoreFiles.Verify(folder).Keys);
            Assert.Equal(before, Describe(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void No_file_is_made_written_or_synced()
    {
        SimulatedFiles[] stores = [MakeClosed(), MakeDead(isPowerCut: false), MakeDead(isPowerCut: true)];
        foreach (SimulatedFiles files in stores)
        {
            using (files)
            {
                int before = files.Log.Count;
                Assert.True(Verify(files).IsSound);
                Assert.Subset(
                    new HashSet<FileOperation>
                    {
                        FileOperation.Open, FileOperation.Map, FileOperation.List, FileOperation.Lock,
                    },
                    files.Log.Skip(before).Select(operation => operation.Kind).ToHashSet());
            }
        }
    }

    private static VerifyReport Verify(SimulatedFiles files) =>
        KvStoreFiles.Verify(SmallStore.Folder, new AdminOptions { FileSystem = files });

    private SimulatedFiles MakeClosed()
    {
        var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        return files;
    }

    /// <summary>A store whose process or machine died, after the last two writes were flushed one by one.</summary>
    private SimulatedFiles MakeDead(bool isPowerCut)
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < _script.Count; write++)
        {
            _script.Make(store, write);
            if (write >= _script.Count - 2)
            {
                store.Flush();
            }
        }

        SmallStore.WaitForReadySegment(files);
        return isPowerCut ? files.CrashPower(PowerCut.DropUnsynced) : files.CrashProcess();
    }

    private static bool Opens(SimulatedFiles files)
    {
        try
        {
            using KvStore store = SmallStore.Open(files);
            return true;
        }
        catch (KvsException)
        {
            return false;
        }
    }

    private static string[] Describe(string folder) =>
    [
        .. new DirectoryInfo(folder).GetFileSystemInfos().Append(new DirectoryInfo(folder))
            .OrderBy(entry => entry.FullName, StringComparer.Ordinal)
            .Select(entry => $"{entry.FullName} {entry.LastWriteTimeUtc:O} " +
                (entry is FileInfo ? Convert.ToHexString(File.ReadAllBytes(entry.FullName)) : "folder")),
    ];
}
