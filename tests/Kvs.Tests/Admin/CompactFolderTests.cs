using Kvs.Admin;
using Kvs.Files;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Compacting a folder keeps everything and gives back the room of the rest.</summary>
public sealed class CompactFolderTests
{
    [Fact]
    public void Garbage_is_gone_and_all_values_are_there()
    {
        using var files = new SimulatedFiles();
        KvStoreOptions options = SmallStore.OptionsOn(files) with
        {
            Compaction = new CompactionOptions { IsAutomatic = false },
        };
        using (KvStore store = KvStore.Open(SmallStore.Folder, options))
        {
            WriteScript.ManySegments.MakeAll(store);
        }

        CompactReport report = Compact(files, SmallStore.Folder);
        Assert.True(report.BytesAfter < report.BytesBefore);
        Assert.Equal(SmallStore.Segments(files).Sum(segment => segment.Bytes.LongLength), report.BytesAfter);
        Assert.Empty(report.DamagedFiles);
        using KvStore compacted = SmallStore.Open(files);
        Assert.Equal(compacted.GetStatistics().Keys, report.Keys);
        WriteScript.ManySegments.AssertMoment(compacted, WriteScript.ManySegments.Count);
    }

    /// <summary>Whether compaction can go on beside it or not.</summary>
    [Fact]
    public void A_damaged_segment_is_left_alone_and_named()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            store.Set("key", "older");
            store.Set("key", "newer");
        }

        LogFrame record = LogImage.Frames(files).First(frame => frame.IsRecord);
        files.FlipBit(record.Path, record.Offset + 34, bit: 1);
        byte[] before = files.ReadAll(record.Path);
        string named = "";
        try
        {
            named = string.Join(", ", Compact(files, SmallStore.Folder).DamagedFiles);
        }
        catch (KvsWriteException e)
        {
            named = e.Message;
        }

        Assert.Contains(record.Path, named, StringComparison.Ordinal);
        Assert.Equal(before, files.ReadAll(record.Path));
    }

    [Fact]
    public void No_store_is_made_where_there_is_none()
    {
        using var files = new SimulatedFiles();
        files.CreateDirectory("/empty");
        Assert.Throws<KvsFolderException>(() => Compact(files, "/empty"));
        Assert.Throws<KvsFolderException>(() => Compact(files, "/missing"));
        Assert.Empty(files.List("/empty"));
        Assert.Equal(PathKind.Missing, files.GetKind("/missing"));
    }

    private static CompactReport Compact(SimulatedFiles files, string folder) =>
        KvStoreFiles.Compact(folder, new AdminOptions { FileSystem = files });
}
