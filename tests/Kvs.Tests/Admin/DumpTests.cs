using Kvs.Admin;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A dump says what stands in the files, and where; the same of the same files.</summary>
public sealed class DumpTests
{
    [Fact]
    public void Of_the_example_of_the_format_each_thing_has_its_line()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        Assert.Equal("""
            store 0123456789abcdef
            session 1, durable epoch 4, versions above 4, own segments from 1
            segment 1: segment-0000000000000001, 12512 bytes, sealed
                       0 header session 1, 65536 bytes while it was written, chunks of 4096
                    4096 chunk 4096 bytes, lane 0, number 1, epoch 2
                    4160   put "apple" = "red", version 1, epoch 2
                    4200   put "pear" = "", version 2, epoch 2
                    4240   remove "apple", version 3, epoch 3
                    4280   put "fig" = "purple inside", version 4, epoch 3
                    8192 chunk 4096 bytes, commit records, number 1, epoch 3
                    8256   commit of epoch 2, epoch 1 durable before: lane 0 up to 4240 in segment 1
                    8320   commit of epoch 3, epoch 2 durable before: lane 0 up to 4328 in segment 1
                   12288 footer 128 bytes
                   12416 seal 4 records, 168 bytes, 40 of them removes; 2 chunks; highest epoch 3, version 4

            """, Dump(files, damages: 0));
    }

    [Fact]
    public void Batches_expiries_and_long_values_can_be_read()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            var batch = new WriteBatch();
            batch.Set("a"u8, "1"u8, new DateTimeOffset(2040, 5, 6, 7, 8, 9, TimeSpan.Zero));
            batch.Set("b"u8, [0, 255]);
            store.Write(batch);
            store.Set("long", new string('v', 100));
        }

        string dump = Dump(files, damages: 0);
        Assert.Contains("  batch of 2 records, 120 bytes, epoch ", dump, StringComparison.Ordinal);
        Assert.Contains("    put \"a\" = \"1\", version 1, epoch 2, expires 2040-05-06T07:08:09.000Z\n", dump,
            StringComparison.Ordinal);
        Assert.Contains("    put \"b\" = 0x00FF, version 2", dump, StringComparison.Ordinal);
        Assert.Contains($"put \"long\" = \"{new string('v', 64)}\"... (100 bytes), version 3", dump,
            StringComparison.Ordinal);
        Assert.Contains($"put \"long\" = \"{new string('v', 100)}\", version 3", Dump(files, damages: 0, isFull: true),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_has_a_line_and_what_is_behind_it_as_well()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        files.FlipBit(FormatExample.SegmentPath, 4200 + 20, bit: 0);
        string[] lines = Dump(files, damages: 1).Split('\n');
        Assert.Equal($"DAMAGE {FormatExample.SegmentPath}:4200: the checksum of the frame does not match", lines[6]);
        Assert.Contains("remove \"apple\"", lines[7], StringComparison.Ordinal);
        files.FlipBit(FormatExample.SegmentPath, 4240, bit: 7);
        lines = Dump(files, damages: 2).Split('\n');
        Assert.StartsWith("DAMAGE ", lines[7], StringComparison.Ordinal);
        Assert.Contains("chunk 4096 bytes, commit records", lines[8], StringComparison.Ordinal);
    }

    [Fact]
    public void Any_flipped_bit_is_met_and_none_ends_the_dump()
    {
        using SimulatedFiles files = FormatExample.MakeFolder();
        foreach ((int offset, int bit) in FlippedBits.Of(files.ReadAll(FormatExample.SegmentPath), zerosApart: 61))
        {
            files.FlipBit(FormatExample.SegmentPath, offset, bit);
            using var text = new StringWriter();
            int damages = KvStoreFiles.Dump(FormatExample.Folder, text, options: Options(files));
            Assert.True(damages > 0, $"byte {offset:x}, bit {bit}: {text}");
            files.FlipBit(FormatExample.SegmentPath, offset, bit);
        }
    }

    [Fact]
    public void One_segment_alone_can_be_asked_for()
    {
        using var files = new SimulatedFiles();
        using (KvStore store = SmallStore.Open(files))
        {
            for (int key = 0; key < 20; key++)
            {
                store.Set($"key-{key}", new string('v', 12_000));
            }
        }

        using var text = new StringWriter();
        Assert.Equal(0, KvStoreFiles.Dump(SmallStore.Folder, text, segment: 2, options: Options(files)));
        Assert.StartsWith("segment 2: ", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("segment-0000000000000003", text.ToString(), StringComparison.Ordinal);
        var error = Assert.Throws<KvsFolderException>(() =>
            KvStoreFiles.Dump(SmallStore.Folder, text, segment: 99, options: Options(files)));
        Assert.Contains("no segment 99", error.Message, StringComparison.Ordinal);
    }

    private static AdminOptions Options(SimulatedFiles files) => new() { FileSystem = files };

    private static string Dump(SimulatedFiles files, int damages, bool isFull = false)
    {
        using var text = new StringWriter { NewLine = "\n" };
        Assert.Equal(damages, KvStoreFiles.Dump(SmallStore.Folder, text, isFull: isFull, options: Options(files)));
        return text.ToString();
    }
}
