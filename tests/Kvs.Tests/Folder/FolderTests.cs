using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Whatever can be wrong with a folder: a clear error that names it, and nothing on
/// disk has changed.</summary>
public sealed class FolderTests : IDisposable
{
    private readonly WriteScript _script = WriteScript.ManySegments;
    private readonly SimulatedFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_folder_that_the_same_process_has_open_is_refused()
    {
        using KvStore store = SmallStore.Open(_files);
        store.Set("key", "value");
        SmallStore.WaitForReadySegment(_files);
        Refused<KvsFolderException>("in use");
        store.Set("key", "other");
        Assert.Equal("other", store.GetString("key"));
    }

    [Fact]
    public void A_folder_with_something_else_in_it_is_refused()
    {
        _files.WriteAll(SmallStore.Folder + "/diary.txt", "Dear"u8);
        Refused<KvsFolderException>("diary.txt");
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_refused()
    {
        _files.WriteAll(SmallStore.Folder, "I am a file"u8);
        Refused<KvsFolderException>("is a file");
    }

    [Fact]
    public void A_folder_of_another_engine_is_refused_with_both_names()
    {
        _files.WriteAll(SmallStore.Marker, WithCheck("engine rocksdb\nformat 1\nid 0\nsecret 0\n"));
        Refused<KvsFolderException>("rocksdb");
        Refused<KvsFolderException>("kvs");
    }

    [Fact]
    public void A_folder_of_a_newer_format_is_refused()
    {
        MakeStore();
        Replace(SmallStore.Marker, text => text.Replace("format 1", "format 2", StringComparison.Ordinal));
        Refused<KvsFolderException>("format 2");
    }

    [Fact]
    public void A_segment_of_a_newer_format_is_refused()
    {
        MakeStore();
        byte[] segment = _files.ReadAll(SmallStore.Segment(1));
        segment[12] = 2;
        uint salt = HandMade.Salt(FormatExample.Secret, segment: 1);
        uint crc = ~HandMade.Crc(HandMade.Crc(salt, segment.AsSpan(12, 4)), segment.AsSpan(16, 48));
        BitConverter.TryWriteBytes(segment.AsSpan(8), crc);
        _files.WriteAll(SmallStore.Segment(1), segment);
        Refused<KvsDamageException>("format version 2");
    }

    [Fact]
    public void A_missing_marker_is_noticed()
    {
        MakeStore();
        Remove(SmallStore.Marker);
        Refused<KvsFolderException>("no file 'engine'");
    }

    [Fact]
    public void A_missing_manifest_is_noticed()
    {
        MakeStore();
        Remove(SmallStore.Manifest);
        Refused<KvsDamageException>(SmallStore.Manifest);
    }

    [Fact]
    public void Any_missing_segment_of_a_closed_store_is_noticed()
    {
        MakeStore();
        List<(string Path, byte[] Bytes)> segments = SmallStore.Segments(_files);
        Assert.True(segments.Count >= 3);
        foreach ((string path, byte[] bytes) in segments)
        {
            Remove(path);
            Refused<KvsDamageException>(path);
            _files.WriteAll(path, bytes);
        }
    }

    [Fact]
    public void A_segment_cut_short_is_noticed_at_every_length()
    {
        MakeStore();
        string path = SmallStore.Segment(1);
        byte[] bytes = _files.ReadAll(path);
        for (int length = 0; length < bytes.Length; length += 997)
        {
            _files.WriteAll(path, bytes.AsSpan(0, length));
            Refused<KvsDamageException>(path);
        }
    }

    [Fact]
    public void A_segment_of_another_store_is_noticed()
    {
        using var others = new SimulatedFiles();
        var options = SmallStore.OptionsOn(others) with { NewSecret = new Log.LogSecret(1, 2) };
        using (KvStore other = KvStore.Open(SmallStore.Folder, options))
        {
            _script.MakeAll(other);
        }

        MakeStore();
        _files.WriteAll(SmallStore.Segment(1), others.ReadAll(SmallStore.Segment(1)));
        Refused<KvsDamageException>(SmallStore.Segment(1));
    }

    [Fact]
    public void Two_segments_that_changed_their_names_are_noticed()
    {
        MakeStore();
        byte[] first = _files.ReadAll(SmallStore.Segment(1)), second = _files.ReadAll(SmallStore.Segment(2));
        _files.WriteAll(SmallStore.Segment(1), second);
        _files.WriteAll(SmallStore.Segment(2), first);
        Refused<KvsDamageException>("segment-");
    }

    [Fact]
    public void A_folder_on_a_disk_that_cannot_be_written_is_refused()
    {
        MakeStore();
        _files.Inject(new SimulatedFault
        {
            Matches = operation =>
                operation.Kind is not (FileOperation.Open or FileOperation.Map or FileOperation.List),
            Repeats = true,
            Error = SimulatedFault.ReadOnlyFileSystem,
        });
        Refused<KvsFolderException>(SmallStore.Folder);
    }

    [Fact]
    public void Files_that_were_never_finished_mean_nothing_and_go()
    {
        MakeStore();
        _files.WriteAll(SmallStore.Segment(77) + ".new", new byte[100]);
        _files.WriteAll(SmallStore.Manifest + ".new", "half a manif"u8);
        using (KvStore store = SmallStore.Open(_files))
        {
            _script.AssertMoment(store, _script.Count);
            store.Set("key", "value");
        }

        Assert.DoesNotContain(_files.List(SmallStore.Folder), name => name.EndsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public void The_lock_file_is_never_removed_replaced_or_written()
    {
        for (int opening = 0; opening < 3; opening++)
        {
            MakeStore();
        }

        string path = Path.Combine(SmallStore.Folder, "lock");
        Assert.Empty(_files.ReadAll(path));
        Assert.DoesNotContain(_files.Log, operation =>
            (operation.Path == path && operation.Kind != FileOperation.Lock) || operation.To == path);
    }

    private void MakeStore()
    {
        using KvStore store = SmallStore.Open(_files);
        _script.MakeAll(store);
    }

    private void Remove(string path)
    {
        _files.Unlink(path);
        _files.SyncDirectory(SmallStore.Folder);
    }

    private void Replace(string path, Func<string, string> change)
    {
        string text = Encoding.ASCII.GetString(_files.ReadAll(path));
        _files.WriteAll(path, WithCheck(change(text[..text.LastIndexOf("check ", StringComparison.Ordinal)])));
    }

    private static byte[] WithCheck(string body) =>
        Encoding.ASCII.GetBytes($"{body}check {~HandMade.Crc(uint.MaxValue, Encoding.ASCII.GetBytes(body)):x8}\n");

    /// <summary>Opening ends with an error that says this, and leaves everything as it was.</summary>
    private void Refused<T>(string says) where T : KvsException
    {
        List<(string, string?, string?)> before = State();
        var error = Assert.Throws<T>(() => SmallStore.Open(_files));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(SmallStore.Folder, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, State());
    }

    private List<(string, string?, string?)> State() =>
        [.. _files.Snapshot().Select(file => (file.Path, Hash(file.Bytes), Hash(file.DurableBytes)))];

    private static string? Hash(byte[]? bytes) =>
        bytes is null ? null : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
}
