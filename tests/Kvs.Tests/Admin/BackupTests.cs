using Kvs.Admin;
using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A backup is a store of its own that holds everything up to one moment; until it is complete it is none, and
/// making it changes nothing in the store.</summary>
public sealed class BackupTests
{
    private const string Target = "/backups/first";

    private readonly WriteScript _script = WriteScript.ManySegments;

    [Fact]
    public void Of_a_closed_store_all_is_there_and_the_store_unchanged()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            _script.MakeAll(store);
        }

        string[] before = Describe(files);
        BackupReport report = Backup(files);
        Assert.Equal(before, Describe(files));
        Assert.Equal(SmallStore.Segments(files).Count(segment => segment.Path.StartsWith(Target,
            StringComparison.Ordinal)), report.Segments);
        CheckBackup(files, _script.Count);
        CheckBackup(files.CrashPower(PowerCut.DropUnsynced), _script.Count);
    }

    [Fact]
    public void Of_a_store_that_was_never_written_to_the_backup_is_an_empty_store()
    {
        using var files = new SimulatedFiles();
        SmallStore.Open(files).Dispose();
        Assert.Equal(0, Backup(files).Segments);
        CheckBackup(files, 0);
    }

    /// <summary>On another machine, or after the next boot, the death of the process would be taken for a power cut.
    /// </summary>
    [Fact]
    public void Of_a_store_whose_process_died_everything_acknowledged_is_there_on_any_machine()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        using SimulatedFiles image = files.CrashProcess();
        string[] before = Describe(image);
        Backup(image);
        Assert.Equal(before, Describe(image));
        image.BootId = "another machine";
        CheckBackup(image, _script.Count);
    }

    [Fact]
    public void Of_a_store_whose_machine_lost_power_the_backup_is_what_opening_recovers()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < _script.Count; write++)
        {
            if (write == _script.Count / 2)
            {
                store.Flush();
            }

            _script.Make(store, write);
        }

        using SimulatedFiles image = files.CrashPower(PowerCut.DropUnsynced);
        Backup(image);
        using SimulatedFiles opened = image.CrashProcess();
        using KvStore recovered = SmallStore.Open(opened);
        int moment = _script.FindMoment(recovered);
        Assert.InRange(moment, _script.Count / 2, _script.Count - 1);
        CheckBackup(image, moment);
    }

    [Fact]
    public void Of_a_store_in_use_all_that_ended_before_is_there_and_nothing_later()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        for (int write = 0; write < _script.Count; write++)
        {
            _script.Make(store, write);
            string target = $"/backups/{write}";
            store.Backup(target);
            CheckBackup(files, write + 1, target);
        }
    }

    [Fact]
    public void A_backup_of_a_store_in_use_needs_nothing_of_it()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            _script.MakeAll(store);
            store.Backup(Target);
            store.Set("later", "value");
            store.Compact();
        }

        foreach (string name in files.List(SmallStore.Folder))
        {
            files.Unlink(Path.Combine(SmallStore.Folder, name));
        }

        CheckBackup(files.CrashPower(PowerCut.DropUnsynced), _script.Count);
    }

    /// <summary>Writes that are made while a moment is being synced belong to a later one, which may be the backup's:
    /// the later of them is never there without the earlier.</summary>
    [Fact]
    public void What_is_written_meanwhile_is_there_up_to_one_moment()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        bool isWritten = false;
        files.BeforeOperation = operation =>
        {
            // Of the segment that holds the records: others are synced when they are made.
            if (operation.Kind == FileOperation.Sync && operation.Path == SmallStore.Segment(1) && !isWritten)
            {
                isWritten = true;
                store.Set("later", "value");
                Assert.True(store.Remove("key-0"));
            }
        };
        store.Backup(Target);
        files.BeforeOperation = null;
        Assert.True(isWritten);
        Assert.Equal("value", store.GetString("later"));
        using SimulatedFiles opened = files.CrashProcess();
        using KvStore backup = Open(opened, Target);
        Assert.True(backup.Contains("key-0") || backup.GetString("later") == "value");
    }

    [Fact]
    public void What_is_overwritten_sealed_and_removed_meanwhile_is_there_all_the_same()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        bool isFirst = true;
        files.BeforeOperation = operation =>
        {
            if (isFirst && operation.Kind == FileOperation.Create &&
                operation.Path.StartsWith(Target + "/segment", StringComparison.Ordinal))
            {
                isFirst = false;
                int before = SmallStore.Segments(files).Count;
                foreach (string key in _script.Keys)
                {
                    store.Set(key, new string('n', 10_000));
                    store.Remove(key);
                }

                store.Compact();
                SpinWait.SpinUntil(() => SmallStore.Segments(files).Count < before);
            }
        };
        store.Backup(Target);
        files.BeforeOperation = null;
        Assert.False(isFirst);
        CheckBackup(files, _script.Count);
    }

    [Fact]
    public void A_write_that_was_cut_short_does_not_end_what_is_behind_it()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript script = WriteScript.Short;
        script.MakeAll(store);
        const int Died = 9;
        LogFrame record = LogImage.Frames(files).Single(frame => frame.IsRecord && frame.Sequence == Died + 1);
        using SimulatedFiles image = files.CrashProcess();
        image.WriteAll(record.Path, LogImage.WithUnfinished(image.ReadAll(record.Path), record, copiedBytes: 20));
        Backup(image);
        using KvStore backup = Open(image, Target);
        script.AssertHolds(backup, Enumerable.Range(0, script.Count).Where(write => write != Died));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_store_is_not_backed_up_and_the_place_is_named(bool isInUse)
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript.Short.MakeAll(store);
        LogFrame record = LogImage.Frames(files).First(frame => frame.IsRecord);
        if (!isInUse)
        {
            store.Dispose();
        }

        files.FlipBit(record.Path, record.Offset + 33, bit: 2);
        var damage = Assert.Throws<KvsDamageException>(() => isInUse ? store.Backup(Target) : Backup(files));
        Assert.Equal((record.Path, record.Offset), (damage.File, damage.Offset));
        Assert.Equal(["lock"], files.List(Target));
        files.FlipBit(record.Path, record.Offset + 33, bit: 2);
        _ = isInUse ? store.Backup(Target) : Backup(files);
        CheckBackup(files, WriteScript.Short.Count, Target, WriteScript.Short);
    }

    /// <summary>Whatever fails, and wherever the machine is stopped, there is a whole backup or none.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_backup_that_fails_or_is_cut_short_is_no_store(bool isInUse)
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        WriteScript.Short.MakeAll(store);
        if (!isInUse)
        {
            store.Dispose();
        }

        bool isDone = false;
        for (int nth = 1; !isDone; nth++)
        {
            string target = $"/backups/{nth}";
            List<SimulatedFiles> crashed = [];
            files.BeforeOperation = operation =>
            {
                if (operation.Path.StartsWith(target, StringComparison.Ordinal))
                {
                    crashed.Add(files.CrashPower(PowerCut.DropUnsynced));
                    crashed.Add(files.CrashProcess());
                }
            };
            files.Inject(new SimulatedFault
            {
                Matches = operation => operation.Path.StartsWith(target, StringComparison.Ordinal),
                Skip = nth - 1,
                Repeats = nth % 2 == 0,
            });
            try
            {
                _ = isInUse ? store.Backup(target) : Backup(files, target);
                isDone = true;
            }
            catch (Exception e) when (e is IOException or KvsFolderException or UnauthorizedAccessException)
            {
                files.BeforeOperation = null;
                files.ClearFaults();
                Assert.True(nth % 2 == 0 || IsEmpty(files, target), $"operation {nth}");
                crashed.Add(files.CrashProcess());
            }

            files.BeforeOperation = null;
            files.ClearFaults();
            crashed.ForEach(image => CheckWholeOrNone(image, target));
        }
    }

    [Fact]
    public void A_target_that_is_not_empty_is_refused_and_left_alone()
    {
        using var files = new SimulatedFiles();
        files.WriteAll("/full/file", "text"u8);
        using KvStore store = SmallStore.Open(files);
        store.Set("key", "value");
        SimulatedFiles image = files.CrashProcess();
        foreach (string target in new[] { "/full", "/full/file", SmallStore.Folder, SmallStore.Folder + "/inner" })
        {
            var error = Assert.Throws<KvsFolderException>(() => store.Backup(target));
            Assert.Contains(target, error.Message, StringComparison.Ordinal);
            Assert.Throws<KvsFolderException>(() => Backup(image, target));
        }

        Assert.Equal(["file"], files.List("/full"));
        store.Backup(Target);
        Assert.Throws<KvsFolderException>(() => store.Backup(Target));
        image.Dispose();
    }

    [Fact]
    public void A_store_in_use_is_backed_up_by_itself_alone()
    {
        using var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        var error = Assert.Throws<KvsFolderException>(() => Backup(files));
        Assert.Contains("process 1 (simulated)", error.Message, StringComparison.Ordinal);
        Assert.Equal(PathKind.Missing, files.GetKind(Target));
    }

    [Fact]
    public void A_store_that_was_closed_makes_no_backup()
    {
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files);
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.Backup(Target));
    }

    private static BackupReport Backup(SimulatedFiles files, string target = Target) =>
        KvStoreFiles.Backup(SmallStore.Folder, target, new AdminOptions { FileSystem = files });

    private static KvStore Open(SimulatedFiles files, string target) =>
        KvStore.Open(target, SmallStore.OptionsOn(files));

    private void CheckBackup(SimulatedFiles files, int moment, string target = Target, WriteScript? script = null)
    {
        VerifyReport report = KvStoreFiles.Verify(target, new AdminOptions { FileSystem = files });
        Assert.Empty(report.Damages);
        Assert.Null(report.Recovery);
        using SimulatedFiles opened = files.CrashProcess();
        using KvStore backup = Open(opened, target);
        (script ?? _script).AssertMoment(backup, moment);
        backup.Set("more", "value");
        Assert.Equal("value", backup.GetString("more"));
    }

    private void CheckWholeOrNone(SimulatedFiles image, string target)
    {
        using (image)
        {
            if (IsEmpty(image, target))
            {
                return;
            }

            if (image.List(target).Contains("engine"))
            {
                CheckBackup(image, WriteScript.Short.Count, target, WriteScript.Short);
            }
            else
            {
                Assert.Throws<KvsFolderException>(() => Open(image, target));
            }
        }
    }

    private static bool IsEmpty(SimulatedFiles files, string folder) =>
        files.GetKind(folder) == PathKind.Missing || files.List(folder).All(name => name == "lock");

    private static string[] Describe(SimulatedFiles files) =>
        [.. files.Snapshot().Where(file => file.Path.StartsWith(SmallStore.Folder, StringComparison.Ordinal))
            .Select(file => $"{file.Path} {(file.Bytes is null ? "" : Convert.ToHexString(file.Bytes))}")];
}
