using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>The example of <c>docs/PROTOCOL.md</c>, sent to a server byte for byte.</summary>
public class WorkedExampleTests
{
    private const string Requests =
        "DB 01 0000 01000000 04000000  0100 0100" +
        "DB 04 0000 02000000 07000000  01000000 6B 7631" +
        "DB 03 0000 03000000 01000000  6B" +
        "DB 03 0000 04000000 01000000  78" +
        "DB 06 0000 05000000 10000000  0000000000000000 0A000000 00001000" +
        "DB 05 0000 06000000 01000000  6B" +
        "DB 02 0000 07000000 00000000" +
        "DB 63 0000 08000000 00000000" +
        "DB 08 0000 09000000 09000000  0500000000000000 6E" +
        "DB 0A 0100 0A000000 37000000  00  04010000 02000000 6B 7632" +
        "  84010000 0800 00409452A3030000 01000000 74 78  03010000 6B  05010000 78" +
        "  08010000 0100000000000000 6E" +
        "DB 0B 0000 0B000000 17000000  0C010000 0000000000000000 6B  04010000 01000000 6B 78" +
        "DB 09 0000 0C000000 0A000000  01000000 6B  01000000 78";

    private const string Replies =
        "DC 00 0000 01000000 14000000  0100 0000 00000100 00000010 40000110 40001910" +
        "DC 00 0000 02000000 00000000" +
        "DC 00 0000 03000000 02000000  7631" +
        "DC 01 0000 04000000 00000000" +
        "DC 00 0000 05000000 17000000  0000000000000000 01000000  01000000 02000000 6B 7631" +
        "DC 00 0000 06000000 00000000" +
        "DC 00 0000 07000000 00000000" +
        "DC 20 0000 08000000 1E000000" +
        "  546865206F7065726174696F6E203078363320697320756E6B6E6F776E2E" +
        "DC 00 0000 09000000 08000000  0500000000000000" +
        "DC 00 0400 0A000000 23000000  03 00000000  03 00000000  00 02000000 7632  01 00000000" +
        "  03 08000000 0600000000000000" +
        "DC 02 0000 0B000000 00000000" +
        "DC 00 0400 0C000000 0C000000  00 02000000 7632  01 00000000";

    [Fact]
    public async Task Whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);
        client.SendHex(Requests);
        AssertReplies(client);
    }

    [Fact]
    public async Task Byte_by_byte()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RawClient(server.EndPoint);
        foreach (byte next in Convert.FromHexString(Requests.Replace(" ", "", StringComparison.Ordinal)))
        {
            client.Send([next]);
        }

        AssertReplies(client);
    }

    private static void AssertReplies(RawClient client)
    {
        string expected = Replies.Replace(" ", "", StringComparison.Ordinal);
        Assert.Equal(expected, Convert.ToHexString(client.ReadExactly(expected.Length / 2)));
    }
}
