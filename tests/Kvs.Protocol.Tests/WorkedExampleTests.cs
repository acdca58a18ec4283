using System.Buffers;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

/// <summary>The example of <c>docs/PROTOCOL.md</c>, its bytes written out by hand. Where one of these fails, the
/// protocol has changed, and with it what every client out there relies on.</summary>
public class WorkedExampleTests
{
    [Fact]
    public void Hello()
    {
        AssertBytes("DB 01 0000 01000000 04000000  0100 0100", o => RequestWriter.WriteHello(o, 1, 1, 1));
        var hello = new ServerHello(
            1, 65_536, 268_435_456, BinaryProtocol.MaxRequestBytes(Limits.Default),
            BinaryProtocol.MaxReplyBytes(Limits.Default));
        AssertBytes(
            "DC 00 0000 01000000 14000000  0100 0000 00000100 00000010 40000110 40001910",
            o => ReplyWriter.WriteHello(o, 1, hello));
    }

    [Fact]
    public void Set()
    {
        AssertBytes("DB 04 0000 02000000 07000000  01000000 6B 7631", o =>
        {
            RequestWriter.WriteSetBeforeValue(o, 2, "k"u8, 2);
            o.Write("v1"u8);
        });
        AssertBytes("DC 00 0000 02000000 00000000", o => ReplyWriter.WriteEmpty(o, 2, ReplyStatus.Ok));
    }

    [Fact]
    public void Get()
    {
        AssertBytes("DB 03 0000 03000000 01000000  6B", o => RequestWriter.WriteGet(o, 3, "k"u8));
        AssertBytes("DC 00 0000 03000000 02000000  7631", o =>
        {
            Span<byte> frame = o.GetSpan(BinaryProtocol.HeaderBytes + 2);
            ReplyWriter.WriteValueHeader(frame, 3, 2);
            "v1"u8.CopyTo(frame[BinaryProtocol.HeaderBytes..]);
            o.Advance(BinaryProtocol.HeaderBytes + 2);
        });
        AssertBytes("DC 01 0000 04000000 00000000", o => ReplyWriter.WriteEmpty(o, 4, ReplyStatus.NotFound));
    }

    [Fact]
    public void Scan()
    {
        AssertBytes(
            "DB 06 0000 05000000 10000000  0000000000000000 0A000000 00001000",
            o => RequestWriter.WriteScan(o, 5, 0, 10, 1024 * 1024));
        var page = new ScanPage([new KvsEntry("k"u8.ToArray(), "v1"u8.ToArray())], 0);
        AssertBytes(
            "DC 00 0000 05000000 17000000  0000000000000000 01000000  01000000 02000000 6B 7631",
            o => ReplyWriter.WriteScan(o, 5, page));
    }

    [Fact]
    public void Remove_ping_and_stats()
    {
        AssertBytes("DB 05 0000 06000000 01000000  6B", o => RequestWriter.WriteRemove(o, 6, "k"u8));
        AssertBytes("DB 02 0000 07000000 00000000", o => RequestWriter.WritePing(o, 7));
        AssertBytes("DB 07 0000 08000000 00000000", o => RequestWriter.WriteStats(o, 8));
        AssertBytes("DC 00 0000 08000000 04000000  613A310A", o => ReplyWriter.WriteStats(o, 8, "a:1\n"));
    }

    [Fact]
    public void Increment()
    {
        AssertBytes(
            "DB 08 0000 09000000 09000000  0500000000000000 6E", o => RequestWriter.WriteIncrement(o, 9, "n"u8, 5));
        AssertBytes(
            "DC 00 0000 09000000 08000000  0500000000000000",
            o => ReplyWriter.WriteNumber(o, 9, ReplyStatus.Ok, 5));
    }

    [Fact]
    public void Batch()
    {
        var batch = new BatchRequest();
        batch.Set("k"u8, "v2"u8);
        batch.Set("t"u8, "x"u8, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 4_000_000_000_000));
        batch.Get("k"u8);
        batch.Remove("x"u8);
        batch.Increment("n"u8, 1);
        AssertBytes(
            "DB 0A 0100 0A000000 37000000  00  04010000 02000000 6B 7632" +
            "84010000 0800 00409452A3030000 01000000 74 78  03010000 6B  05010000 78  08010000 0100000000000000 6E",
            o => o.Write(batch.ToFrame(10, Operation.Batch, Durability.Process).Span));
        batch.Clear();
        batch.Require("k"u8, 0);
        batch.Set("k"u8, "x"u8);
        AssertBytes(
            "DB 0B 0000 0B000000 17000000  0C010000 0000000000000000 6B  04010000 01000000 6B 78",
            o => o.Write(batch.ToFrame(11, Operation.AtomicBatch).Span));
    }

    [Fact]
    public void Results()
    {
        ReadOnlySpan<byte> results = Convert.FromHexString("00020000007632" + "0100000000");
        Assert.True(BatchResult.TryRead(ref results, out BatchResult first));
        Assert.Equal(ReplyStatus.Ok, first.Status);
        Assert.Equal("v2"u8, first.Value);
        Assert.True(BatchResult.TryRead(ref results, out BatchResult second));
        Assert.Equal((ReplyStatus.NotFound, 0), (second.Status, second.Value.Length));
        Assert.False(BatchResult.TryRead(ref results, out _));
        Assert.True(results.IsEmpty);
    }

    [Fact]
    public void Every_field_of_a_request()
    {
        AssertBytes(
            "DB 04 4B00 03000000 17000000  02 0700000000000000 E803000000000000 01000000 6B 76",
            o =>
            {
                var fields = new RequestFields(
                    RequestFlags.Durability | RequestFlags.IfVersion | RequestFlags.ExpiresAt |
                    RequestFlags.SaysVersion, Durability.Disk, 7, 1000);
                RequestWriter.WriteSetBeforeValue(o, 3, "k"u8, 1, fields);
                o.Write("v"u8);
            });
        AssertBytes(
            "DB 06 8000 04000000 12000000  0000000000000000 0A000000 00010000 7072",
            o => RequestWriter.WriteScan(o, 4, 0, 10, 256, "pr"u8, keysOnly: true));
        AssertBytes(
            "DB 01 0000 01000000 08000000  0100 0100 0200 7077", o => RequestWriter.WriteHello(o, 1, 1, 1, "pw"u8));
    }

    [Fact]
    public void Error() => AssertBytes(
        "DC 20 0100 09000000 03000000  6E6F21",
        o => ReplyWriter.WriteError(o, 9, ReplyStatus.UnknownOperation, ReplyFlags.Last, "no!"));

    private static void AssertBytes(string expectedHex, Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        Assert.Equal(expectedHex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(output.WrittenSpan));
    }
}
