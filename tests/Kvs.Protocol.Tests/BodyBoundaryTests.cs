using System.Buffers;
using System.Buffers.Binary;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

/// <summary>Every body at the exact length at which it becomes one, and one byte around it. Mutation testing has found
/// that nothing else looked there.</summary>
public class BodyBoundaryTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("010001", false)]
    [InlineData("01000100", true)]
    [InlineData("01000200", true)]
    [InlineData("02000100", false)]
    public void A_handshake_has_two_versions_in_their_order(string bodyHex, bool isOne)
    {
        Assert.Equal(isOne, RequestReader.TryReadHello(Convert.FromHexString(bodyHex), out _, out _, out _));
    }

    [Fact]
    public void The_answer_to_a_handshake_has_all_its_limits()
    {
        var hello = new ServerHello(1, 2, 3, 4, 5);
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.WriteHello(output, 1, hello);
        ReadOnlySpan<byte> body = output.WrittenSpan[BinaryProtocol.HeaderBytes..];
        Assert.True(ReplyReader.TryReadHello(body, out ServerHello read));
        Assert.Equal(hello, read);
        Assert.False(ReplyReader.TryReadHello(body[..^1], out _));
        Assert.True(ReplyReader.TryReadHello([.. body, 9], out _));
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("6B", 1, 0)]
    [InlineData("6B76", 1, 1)]
    [InlineData("76", 0, 1)]
    public void A_set_may_end_with_its_key(string restHex, int keyBytes, int valueBytes)
    {
        byte[] body = [(byte)keyBytes, 0, 0, 0, .. Convert.FromHexString(restHex)];
        Assert.True(RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value));
        Assert.Equal((keyBytes, valueBytes), (key.Length, value.Length));
        Assert.False(RequestReader.TryReadSet(body.AsSpan(0, 3), out _, out _));
    }

    [Fact]
    public void A_request_for_a_page_asks_for_an_entry_at_least()
    {
        var output = new ArrayBufferWriter<byte>();
        RequestWriter.WriteScan(output, 1, cursor: 0x0102030405060708, maxEntries: 1, maxBytes: 7);
        byte[] body = output.WrittenSpan[BinaryProtocol.HeaderBytes..].ToArray();
        Assert.True(RequestReader.TryReadScan(body, out ulong cursor, out uint maxEntries, out uint maxBytes,
            out ReadOnlySpan<byte> prefix));
        Assert.Equal((0x0102030405060708UL, 1u, 7u), (cursor, maxEntries, maxBytes));
        Assert.True(prefix.IsEmpty);
        Assert.False(RequestReader.TryReadScan(body.AsSpan(0, body.Length - 1), out _, out _, out _, out _));
        byte[] longer = [.. body, 9];
        Assert.True(RequestReader.TryReadScan(longer, out _, out _, out _, out prefix));
        Assert.Equal(9, Assert.Single(prefix.ToArray()));
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), 0);
        Assert.False(RequestReader.TryReadScan(body, out _, out _, out _, out _));
    }

    [Fact]
    public void A_page_has_as_many_entries_as_it_says_and_nothing_behind_them()
    {
        byte[] empty = Page(count: 0);
        Assert.True(ReplyReader.TryReadScan(empty, out ScanPage page));
        Assert.Empty(page.Entries);
        Assert.False(ReplyReader.TryReadScan(empty.AsMemory(0, empty.Length - 1), out _));

        // Two entries without a byte in them: room for their lengths is room enough.
        byte[] two = Page(count: 2, 0, 0, 0, 0);
        Assert.True(ReplyReader.TryReadScan(two, out page));
        Assert.Equal(2, page.Entries.Count);
        Assert.False(ReplyReader.TryReadScan(two.AsMemory(0, two.Length - 1), out _));
        Assert.False(ReplyReader.TryReadScan((byte[])[.. two, 0], out _));

        // Room for two by the count; the first takes a part of what the second would need, or all there is and more.
        Assert.False(ReplyReader.TryReadScan(Page(count: 2, 1, 0, 0, 0), out _));
        Assert.False(ReplyReader.TryReadScan(Page(count: 1, 1, 0), out _));
        Assert.False(ReplyReader.TryReadScan(Page(count: 1, 0, 1), out _));
        Assert.False(ReplyReader.TryReadScan(Page(count: 1, uint.MaxValue, 1), out _));
    }

    [Fact]
    public void A_line_of_figures_has_a_name()
    {
        Assert.Equal([new("a", "1")], ReplyReader.ReadStats(":x\na:1\n:\n"u8));
    }

    [Fact]
    public void A_status_is_an_error_from_the_first_error_on()
    {
        Assert.False(BinaryProtocol.IsError((ReplyStatus)(BinaryProtocol.FirstErrorStatus - 1)));
        Assert.True(BinaryProtocol.IsError((ReplyStatus)BinaryProtocol.FirstErrorStatus));
    }

    [Fact]
    public void Bytes_are_held_for_a_body_that_is_unfinished_and_for_no_other()
    {
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, maxBodyBytes: 100);
        var output = new ArrayBufferWriter<byte>();
        RequestWriter.WriteGet(output, 1, "key"u8);
        byte[] frame = output.WrittenSpan.ToArray();

        var input = new ReadOnlySequence<byte>(frame.AsMemory(0, frame.Length - 1));
        Assert.Equal(DecodeResult.NeedsMore, decoder.TryDecode(ref input, out _));
        Assert.Equal(2, decoder.GatheredBytes);
        input = new ReadOnlySequence<byte>(frame.AsMemory(frame.Length - 1));
        Assert.Equal(DecodeResult.Frame, decoder.TryDecode(ref input, out _));
        Assert.Equal(0, decoder.GatheredBytes);
    }

    /// <summary>The body of a page: a cursor, a count, and lengths of entries.</summary>
    private static byte[] Page(uint count, params uint[] lengths)
    {
        byte[] body = new byte[12 + (lengths.Length * 4)];
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), count);
        for (int i = 0; i < lengths.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12 + (i * 4)), lengths[i]);
        }

        return body;
    }
}
