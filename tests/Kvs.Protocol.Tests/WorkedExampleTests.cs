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
