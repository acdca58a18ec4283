using System.Text;
using Kvs.Memory;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests.Resp;

/// <summary>What a client makes the server keep is bounded, whatever it asks for; and what is refused is not made in
/// part.</summary>
public sealed class GreedyClientTests
{
    private const int LongKeyBytes = 64_000;

    /// <summary>Each of its requests is short, and its values are not.</summary>
    [Fact]
    public async Task A_transaction_that_writes_more_than_a_batch_holds_is_refused_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        Assert.Equal("+OK\r\n", client.Ask("MULTI"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("+QUEUED\r\n", client.Ask($"SETRANGE key-{i} 40000000 x"));
        }

        Assert.StartsWith("-ERR The transaction writes more than", client.Ask("EXEC"), StringComparison.Ordinal);
        Assert.Equal(":0\r\n", client.Ask("DBSIZE"));
        Assert.Equal("+PONG\r\n", client.Ask("PING"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_that_is_longer_than_what_is_kept_for_a_client_ends_its_connection(bool isInTransaction)
    {
        const int ValueBytes = 1024 * 1024;
        using var engine = new MemoryEngine(new Limits { MaxValueBytes = ValueBytes });
        engine.Set("key"u8, new byte[ValueBytes]);
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using var client = new RespConnection(server.EndPoint);
        if (isInTransaction)
        {
            Assert.Equal("+OK\r\n", client.Ask("MULTI"));
        }

        client.Send(RespText.Encode("MGET " + string.Join(' ', Enumerable.Repeat("key", 2000))));
        client.Send(RespText.Encode(isInTransaction ? "EXEC" : "PING"));
        Assert.InRange(ReadUntilEnded(client), 0, 600 * ValueBytes);
        using var other = new RespConnection(server.EndPoint);
        Assert.Equal("+PONG\r\n", other.Ask("PING"));
    }

    [Fact]
    public async Task Keys_that_are_watched_are_not_more_than_a_batch_can_require()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        string reply = "+OK\r\n";
        int watched = 0;
        for (; reply == "+OK\r\n" && watched < 2000; watched++)
        {
            client.Send(RespText.Encode("WATCH"u8.ToArray(), LongKey(watched)));
            reply = Encoding.ASCII.GetString(client.Read());
        }

        Assert.Equal("-ERR Too many keys are watched\r\n", reply);
        Assert.Empty(client.ReadToEnd());
    }

    [Fact]
    public async Task A_name_is_not_longer_than_names_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        string name = new('n', 1025);
        Assert.StartsWith("-ERR", client.Ask($"CLIENT SETNAME {name}"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR", client.Ask($"CLIENT SETINFO lib-name {name}"), StringComparison.Ordinal);
        Assert.Equal("+OK\r\n", client.Ask($"CLIENT SETNAME {name[1..]}"));
    }

    [Fact]
    public async Task A_store_of_long_keys_can_be_emptied()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 1200; i++)
        {
            server.Engine.Set(LongKey(i), "value"u8);
        }

        using var client = new RespConnection(server.EndPoint);
        Assert.Equal("+OK\r\n", client.Ask("FLUSHALL"));
        Assert.Equal(":0\r\n", client.Ask("DBSIZE"));
    }

    [Fact]
    public async Task Of_several_keys_in_a_transaction_all_are_set_or_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        Assert.Equal("+OK\r\n", client.Ask("MULTI"));
        client.Send(RespText.Encode("MSET"u8.ToArray(), "a"u8.ToArray(), "1"u8.ToArray(), [], "2"u8.ToArray()));
        Assert.Equal("+QUEUED\r\n"u8, client.Read());
        Assert.StartsWith("*1\r\n-ERR", client.Ask("EXEC"), StringComparison.Ordinal);
        Assert.Equal(":0\r\n", client.Ask("DBSIZE"));
    }

    /// <summary>How much comes; nothing counts where the connection is torn down.</summary>
    private static int ReadUntilEnded(RespConnection client)
    {
        try
        {
            return client.ReadToEnd().Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static byte[] LongKey(int number)
    {
        byte[] key = new byte[LongKeyBytes];
        BitConverter.TryWriteBytes(key, number);
        return key;
    }
}
