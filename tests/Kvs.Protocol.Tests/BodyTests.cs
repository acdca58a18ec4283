using System.Buffers;
using System.Text;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

public class BodyTests
{
    [Theory]
    [InlineData("FFFFFFFF 6B 76")]
    [InlineData("80000000 6B 76")]
    [InlineData("03000000 6B 76")]
    [InlineData("0000")]
    public void A_key_that_claims_more_than_there_is_is_refused(string bodyHex)
    {
        byte[] body = Convert.FromHexString(bodyHex.Replace(" ", "", StringComparison.Ordinal));
        Assert.False(RequestReader.TryReadSet(body, out _, out _));
    }

    [Fact]
    public void A_page_that_claims_more_entries_than_it_can_hold_is_refused_before_room_is_made()
    {
        byte[] body = [.. new byte[8], 0xFF, 0xFF, 0xFF, 0x7F, .. new byte[100]];
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isPage = ReplyReader.TryReadScan(body, out _);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.False(isPage);
        Assert.True(allocated < 4096, $"{allocated} bytes were allocated");
    }

    [Fact]
    public void A_page_comes_back_as_it_was_written()
    {
        KvsEntry[] entries =
        [
            new("a"u8.ToArray(), Array.Empty<byte>()),
            new(new byte[70_000], new byte[300_000]),
            new("c"u8.ToArray(), "x"u8.ToArray()),
        ];
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.WriteScan(output, 1, new ScanPage(entries, ulong.MaxValue));
        Assert.True(ReplyReader.TryReadScan(output.WrittenMemory[BinaryProtocol.HeaderBytes..], out ScanPage page));
        Assert.Equal(ulong.MaxValue, page.NextCursor);
        Assert.Equal(entries.Select(Hex), page.Entries.Select(Hex));
    }

    [Fact]
    public void A_long_message_is_cut_between_characters()
    {
        var output = new ArrayBufferWriter<byte>();
        string message = "a" + new string('ä', BinaryProtocol.MaxMessageBytes);
        ReplyWriter.WriteError(output, 1, ReplyStatus.InternalError, ReplyFlags.None, message);
        ReadOnlySpan<byte> body = output.WrittenSpan[BinaryProtocol.HeaderBytes..];
        Assert.Equal(BinaryProtocol.MaxMessageBytes - 1, body.Length);
        Assert.Equal(message[..(1 + ((BinaryProtocol.MaxMessageBytes - 2) / 2))], Encoding.UTF8.GetString(body));
    }

    [Fact]
    public void Stats_keep_their_order_and_values_with_colons()
    {
        IReadOnlyList<KeyValuePair<string, string>> figures = ReplyReader.ReadStats("b:1\nbroken\na:x:y\nc:\n"u8);
        Assert.Equal(
            [new("b", "1"), new("a", "x:y"), new("c", "")],
            figures);
    }

    [Fact]
    public void The_longest_page_fits_the_longest_reply()
    {
        var limits = new Limits { MaxKeyBytes = 10, MaxValueBytes = 100 };
        long page = 12 + ((long)BinaryProtocol.MaxScanEntries * 8) + BinaryProtocol.MaxScanBytes + 10 + 100;
        Assert.True(page <= BinaryProtocol.MaxReplyBytes(limits));
    }

    private static string Hex(KvsEntry entry) =>
        $"{Convert.ToHexString(entry.Key.Span)}={Convert.ToHexString(entry.Value.Span)}";
}
