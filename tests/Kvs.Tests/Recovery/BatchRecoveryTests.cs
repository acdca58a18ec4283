using System.Buffers.Binary;
using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Recovery of batches: the records of a batch are all there or none is. The segments are made by hand.
/// </summary>
public sealed class BatchRecoveryTests
{
    private const int ChunkOffset = HandMade.HeaderBytes;
    private const int ChunkBytes = 4096;
    private const int Epoch = 2;
    private const long Expiry = 4_000_000_000_000;

    private static readonly uint s_salt = HandMade.Salt(FormatExample.Secret, segment: 1);

    private readonly byte[] _segment = NewSegment();
    private int _next = ChunkOffset + HandMade.ChunkHeaderBytes;
    private ulong _sequence;

    [Fact]
    public void A_whole_batch_is_there_with_what_stands_around_it()
    {
        AddRecord("before", "1");
        AddBatch(3);
        AddRecord("behind", "4");
        using SimulatedFiles files = MakeFolder();
        foreach (bool isFooterDamaged in new[] { false, false, true })
        {
            // As it was replayed; from its footer; and without it.
            if (isFooterDamaged)
            {
                SmallStore.VerifySegment(files, FormatExample.SegmentPath);
                LogFrame footer = LogImage.Frames(files).Find(frame => frame.Kind == HandMade.Footer)!;
                files.FlipBit(footer.Path, footer.Offset + 50, bit: 3);
            }

            using KvStore store = Open(files);
            Assert.Equal("1", store.GetString("before"));
            Assert.Equal("value 0", store.GetString("batch-0"));
            Assert.Equal("value 1", store.GetString("batch-1"));
            Assert.Equal("value 2", store.GetString("batch-2"));
            Assert.Equal("4", store.GetString("behind"));
            Assert.Equal(5, store.GetStatistics().Keys);
        }
    }

    [Fact]
    public void A_later_write_of_a_batch_wins_and_a_remove_in_it_removes()
    {
        AddRecord("batch-0", "old");
        AddRecord("gone", "old");
        AddBatch(2, removes: "gone");
        AddRecord("batch-1", "new");
        using SimulatedFiles files = MakeFolder();
        for (int opening = 0; opening < 2; opening++)
        {
            using KvStore store = Open(files);
            Assert.Equal("value 0", store.GetString("batch-0"));
            Assert.Equal("new", store.GetString("batch-1"));
            Assert.Null(store.GetString("gone"));
            Assert.Equal(2, store.GetStatistics().Keys);
        }
    }

    [Fact]
    public void Of_a_batch_that_never_finished_nothing_is_there_and_all_around_it_is()
    {
        AddRecord("before", "1");
        int batch = AddBatch(3);
        AddRecord("behind", "4");

        // All records in it are whole; its own first word is not.
        ulong length = HandMade.Length(_segment.AsSpan(batch));
        BinaryPrimitives.WriteUInt64LittleEndian(_segment.AsSpan(batch), length);
        using SimulatedFiles files = MakeFolder();
        for (int opening = 0; opening < 2; opening++)
        {
            using KvStore store = Open(files);
            Assert.Equal("1", store.GetString("before"));
            Assert.Equal("4", store.GetString("behind"));
            Assert.Null(store.GetString("batch-0"));
            Assert.Equal(2, store.GetStatistics().Keys);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_record_in_a_whole_batch_that_is_not_as_it_was_written_is_damage(int number)
    {
        AddRecord("before", "1");
        int batch = AddBatch(3);
        int record = batch + HandMade.BatchHeaderBytes;
        for (int i = 0; i < number; i++)
        {
            record += (int)HandMade.Length(_segment.AsSpan(record));
        }

        byte[] whole = [.. _segment];
        _segment[record + 33] ^= 1;
        AssertDamage(record);

        // Or is a hole, or nothing, or something else.
        whole.CopyTo(_segment, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(_segment.AsSpan(record + 4), 0);
        _segment[record] &= 0xF8;
        AssertDamage(record);

        whole.CopyTo(_segment, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(_segment.AsSpan(record), 0);
        AssertDamage(record);

        whole.CopyTo(_segment, 0);
        _segment[record + 14] = HandMade.Padding;
        HandMade.Complete(_segment.AsSpan(record, (int)HandMade.Length(_segment.AsSpan(record))),
            HandMade.Length(_segment.AsSpan(record)), record, s_salt);
        AssertDamage(record);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(0)]
    public void A_batch_that_holds_another_number_of_records_than_it_says_is_damage(int says)
    {
        AddRecord("before", "1");
        int batch = AddBatch(3, says: (uint)says);
        AssertDamage(batch);
    }

    [Fact]
    public void A_record_that_reaches_out_of_its_batch_is_damage()
    {
        int batch = AddBatch(3);
        uint length = HandMade.Length(_segment.AsSpan(batch)) - 8;
        HandMade.Complete(_segment.AsSpan(batch, HandMade.BatchHeaderBytes), length, batch, s_salt);
        var damage = Assert.Throws<KvsDamageException>(() => Open(MakeFolder()));
        Assert.InRange(damage.Offset, batch + HandMade.BatchHeaderBytes + 1, _next);
    }

    [Fact]
    public void After_a_power_cut_a_batch_without_its_commit_record_is_gone_as_a_whole()
    {
        AddRecord("before", "1");
        AddBatch(3);
        using SimulatedFiles files = MakeFolder(boot: "another");
        using KvStore store = Open(files);
        Assert.Equal(0, store.GetStatistics().Keys);
    }

    [Fact]
    public void Records_that_expire_are_read_like_others()
    {
        AddRecord("expires", "soon", Expiry);
        AddBatch(2, expiry: Expiry);
        using SimulatedFiles files = MakeFolder();
        for (int opening = 0; opening < 2; opening++)
        {
            using KvStore store = Open(files);
            Assert.Equal("soon", store.GetString("expires"));
            Assert.Equal("value 1", store.GetString("batch-1"));
        }

        // Which of them expire is what the footer says.
        LogFrame footer = LogImage.Frames(files).Find(frame => frame.Kind == HandMade.Footer)!;
        for (int at = HandMade.FooterHeaderBytes; at < footer.Bytes.Length; at += HandMade.FooterEntryBytes)
        {
            Assert.Equal(1UL, BinaryPrimitives.ReadUInt64LittleEndian(footer.Bytes.AsSpan(at + 16)) >> 24 & 1);
        }
    }

    private static KvStore Open(SimulatedFiles files) =>
        KvStore.Open(FormatExample.Folder, FormatExample.OptionsOn(files));

    private static byte[] NewSegment()
    {
        byte[] segment = FormatExample.Bytes(FormatExample.Segment, 0x10000);
        segment.AsSpan(HandMade.HeaderBytes).Clear();
        HandMade.FirstChunkHeader(lane: 0, Epoch, ChunkBytes, ChunkOffset, s_salt).CopyTo(segment, ChunkOffset);
        return segment;
    }

    private void AssertDamage(int offset)
    {
        using SimulatedFiles files = MakeFolder();
        var damage = Assert.Throws<KvsDamageException>(() => Open(files));
        Assert.Equal(FormatExample.SegmentPath, damage.File);
        Assert.Equal(offset, damage.Offset);
    }

    private void Add(byte[] frame)
    {
        frame.CopyTo(_segment, _next);
        _next += frame.Length;
    }

    private void AddRecord(string key, string? value, long? expiry = null) => Add(HandMade.Record(
        value is null ? HandMade.Remove : HandMade.Put, Epoch, ++_sequence, Encoding.ASCII.GetBytes(key),
        Encoding.ASCII.GetBytes(value ?? ""), _next, s_salt, expiry));

    /// <summary>Adds a batch; returns where it begins.</summary>
    private int AddBatch(int records, uint? says = null, string? removes = null, long? expiry = null)
    {
        int batch = _next;
        _next += HandMade.BatchHeaderBytes;
        for (int i = 0; i < records; i++)
        {
            AddRecord($"batch-{i}", $"value {i}", expiry);
        }

        if (removes is not null)
        {
            AddRecord(removes, null);
            records++;
        }

        HandMade.BatchHeader(Epoch, says ?? (uint)records, _next - batch, batch, s_salt).CopyTo(_segment, batch);
        return batch;
    }

    /// <summary>The folder of a store whose process died.</summary>
    private SimulatedFiles MakeFolder(string boot = "boot-1")
    {
        SimulatedFiles files = FormatExample.MakeFolder();
        files.BootId = boot;
        files.WriteAll(FormatExample.SegmentPath, _segment);
        const string Manifest = "session 1\nboot boot-1\ndurable-epoch 1\nsequence 0\nsegment 1\nsealed\ndropped\n";
        uint check = ~HandMade.Crc(uint.MaxValue, Encoding.ASCII.GetBytes(Manifest));
        files.WriteAll(FormatExample.Folder + "/manifest", Encoding.ASCII.GetBytes($"{Manifest}check {check:x8}\n"));
        return files;
    }
}
