using System.Buffers.Binary;
using System.Reflection;
using System.Text;
using Kvs.Folder;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The bytes on disk are those of docs/FORMAT.md: a log written out by hand holds engine and document
/// together.</summary>
public sealed class FormatTests
{
    [Fact]
    public void A_store_writes_exactly_the_bytes_of_the_example()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = KvStore.Open(FormatExample.Folder, FormatExample.OptionsOn(files)))
        {
            store.Set("apple", "red");
            store.Set("pear", "");
            store.Flush();
            Assert.True(store.Remove("apple"));
            store.Set("fig", "purple inside");
        }

        Assert.Equal(["engine", "lock", "manifest", "segment-0000000000000001"],
            files.List(FormatExample.Folder).Order(StringComparer.Ordinal));
        Assert.Equal(FormatExample.Marker, TextOf(files, "engine"));
        Assert.Equal(FormatExample.Manifest, TextOf(files, "manifest"));
        Assert.Empty(TextOf(files, "lock"));
        AssertSegment(files.ReadAll(FormatExample.SegmentPath));
    }

    [Fact]
    public void The_bytes_of_the_example_open_as_a_store()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        AssertExampleOpens(files);
        AssertSegment(files.ReadAll(FormatExample.SegmentPath));
    }

    [Fact]
    public void Without_seal_and_before_the_first_manifest_of_the_next_session_they_are_replayed()
    {
        byte[] unsealed = FormatExample.Bytes(FormatExample.Segment, 0x10000);
        unsealed.AsSpan(0x3000, FormatExample.SegmentBytes - 0x3000).Clear();
        foreach (string boot in new[] { "boot-1", "boot-2" })
        {
            using SimulatedFiles files = FormatExample.MakeFolder();
            files.BootId = boot;
            files.WriteAll(FormatExample.SegmentPath, unsealed);
            files.WriteAll(FormatExample.Folder + "/manifest", WithCheck(
                "session 1\nboot boot-1\ndurable-epoch 1\nsequence 0\nsegment 1\nsealed\ndropped\n"));
            AssertExampleOpens(files);

            // What was replayed is sealed now, with the very bytes that a clean shutdown would have left.
            AssertSegment(files.ReadAll(FormatExample.SegmentPath));
        }
    }

    [Fact]
    public void The_manifest_names_rows_of_segments_by_their_ends()
    {
        using var files = new SimulatedFiles();
        files.WriteAll(FormatExample.Folder + "/manifest", WithCheck(
            "session 9\nboot here\ndurable-epoch 8\nsequence 7\nsegment 6\nsealed 1-3 5 7-8\ndropped 4\n"));
        Manifest manifest = Manifest.TryRead(files, FormatExample.Folder)!;
        Assert.Equal([1UL, 2UL, 3UL, 5UL, 7UL, 8UL], manifest.Sealed);
        Assert.Equal([4UL], manifest.Dropped);

        byte[] bytes = files.ReadAll(FormatExample.Folder + "/manifest");
        manifest.Write(files, FormatExample.Folder);
        Assert.Equal(bytes, files.ReadAll(FormatExample.Folder + "/manifest"));
    }

    [Fact]
    public void Every_checksum_of_the_example_follows_from_the_rule_of_the_document()
    {
        byte[] segment = FormatExample.Bytes(FormatExample.Segment, FormatExample.SegmentBytes);
        uint salt = HandMade.Salt(FormatExample.Secret, segment: 1);
        uint header = HandMade.Crc(HandMade.Crc(salt, segment.AsSpan(12, 4)), segment.AsSpan(16, 48));
        Assert.Equal(~header, BinaryPrimitives.ReadUInt32LittleEndian(segment.AsSpan(8)));

        uint digest = 0;
        int[] frames = [0x1000, 0x1040, 0x1068, 0x1090, 0x10B8, 0x2000, 0x2040, 0x2080, 0x3000, 0x3080];
        foreach (int offset in frames)
        {
            ReadOnlySpan<byte> frame = segment.AsSpan(offset);
            Assert.True(HandMade.IsComplete(frame));
            Assert.Equal(HandMade.FrameChecksum(frame, offset, salt), HandMade.Checksum(frame));
            switch (HandMade.Kind(frame))
            {
                case HandMade.Footer:
                    Assert.Equal(digest, BinaryPrimitives.ReadUInt32LittleEndian(frame[28..]));
                    break;
                case HandMade.Seal:
                    Assert.Equal(digest, BinaryPrimitives.ReadUInt32LittleEndian(frame[36..]));
                    break;
                default:
                    digest = HandMade.Crc(digest, frame[..8]);
                    break;
            }
        }

        Assert.Equal(0xE3069283, ~HandMade.Crc(uint.MaxValue, "123456789"u8));
        Assert.Equal(FormatExample.Marker, Encoding.ASCII.GetString(WithCheck(WithoutCheck(FormatExample.Marker))));
        Assert.Equal(FormatExample.Manifest, Encoding.ASCII.GetString(WithCheck(WithoutCheck(FormatExample.Manifest))));
    }

    [Fact]
    public void Every_entry_of_the_examples_footer_follows_from_the_rule_of_the_document()
    {
        byte[] segment = FormatExample.Bytes(FormatExample.Segment, FormatExample.SegmentBytes);
        int entry = 0x3000 + HandMade.FooterHeaderBytes;
        ulong last = 0;
        foreach (int offset in new[] { 0x1068, 0x1040, 0x1090, 0x10B8 })
        {
            ReadOnlySpan<byte> record = segment.AsSpan(offset);
            ReadOnlySpan<byte> key = record.Slice(32, BinaryPrimitives.ReadUInt16LittleEndian(record[28..]) + 1);
            ulong hash = HandMade.KeyHash(key, FormatExample.Secret.Secret);
            ulong check = HandMade.KeyHash(key, HandMade.CheckSeed(FormatExample.Secret.Secret)) >> 33;
            ulong isRemove = HandMade.Kind(record) == HandMade.Remove ? 1UL : 0;
            Assert.True(hash >= last);
            Assert.Equal(hash, BinaryPrimitives.ReadUInt64LittleEndian(segment.AsSpan(entry)));
            Assert.Equal(record[16..24], segment.AsSpan(entry + 8, 8));
            Assert.Equal(
                ((ulong)offset / 8) | (isRemove << 23) | ((ulong)HandMade.Length(record) / 8 << 25) | (check << 33),
                BinaryPrimitives.ReadUInt64LittleEndian(segment.AsSpan(entry + 16)));
            entry += HandMade.FooterEntryBytes;
            last = hash;
        }
    }

    [Theory]
    [InlineData(FormatExample.Marker)]
    [InlineData(FormatExample.Manifest)]
    [InlineData(FormatExample.Segment)]
    public void The_document_shows_the_example_letter_for_letter(string part)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("FORMAT.md")!;
        using var reader = new StreamReader(stream);
        Assert.Contains($"```\n{part.TrimEnd('\n')}\n```\n", reader.ReadToEnd(), StringComparison.Ordinal);
    }

    private static void AssertExampleOpens(SimulatedFiles files)
    {
        using KvStore store = KvStore.Open(FormatExample.Folder, FormatExample.OptionsOn(files));
        Assert.Equal("", store.GetString("pear"));
        Assert.Equal("purple inside", store.GetString("fig"));
        Assert.Null(store.GetString("apple"));
        Assert.Equal(2, store.GetStatistics().Keys);
    }

    private static void AssertSegment(byte[] present)
    {
        byte[] expected = FormatExample.Bytes(FormatExample.Segment, FormatExample.SegmentBytes);
        int common = expected.AsSpan().CommonPrefixLength(present);
        Assert.True(common == Math.Max(expected.Length, present.Length),
            $"{present.Length} bytes in place of {expected.Length}, different from {common:x4} on: " +
            $"{Hex(present, common)} in place of {Hex(expected, common)}");
    }

    private static string Hex(byte[] bytes, int offset) =>
        Convert.ToHexStringLower(bytes.AsSpan(offset / 8 * 8, Math.Min(8, bytes.Length - (offset / 8 * 8))));

    private static string TextOf(SimulatedFiles files, string name) =>
        Encoding.ASCII.GetString(files.ReadAll($"{FormatExample.Folder}/{name}"));

    private static string WithoutCheck(string text) => text[..text.LastIndexOf("check ", StringComparison.Ordinal)];

    private static byte[] WithCheck(string body) =>
        Encoding.ASCII.GetBytes($"{body}check {~HandMade.Crc(uint.MaxValue, Encoding.ASCII.GetBytes(body)):x8}\n");
}
