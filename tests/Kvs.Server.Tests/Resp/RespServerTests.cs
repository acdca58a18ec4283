using System.Globalization;
using System.Text;
using Kvs.Server.Tests.Support;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Server.Tests.Resp;

/// <summary>The Redis protocol over the network.</summary>
public sealed class RespServerTests(ITestOutputHelper log)
{
    private const int Depth = 10_000;

    [Fact]
    public async Task Replies_come_in_order_ten_thousand_deep_with_values_of_all_sizes()
    {
        int seed = TestSeed.Choose(log.WriteLine);
        var random = new Random(seed);
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        var values = new List<string>();
        var requests = new MemoryStream();
        for (int i = 0; i < Depth; i++)
        {
            // Some are longer than a piece of the input, a few longer than what the server gathers of its output.
            int bytes = random.Next(1000) == 0 ? random.Next(400_000) : random.Next(20) == 0 ? random.Next(9000) : 20;
            string value = string.Create(CultureInfo.InvariantCulture, $"{i}:") + new string('v', bytes);
            values.Add(value);
            requests.Write(RespText.Encode("SET"u8.ToArray(), "key"u8.ToArray(), Encoding.ASCII.GetBytes(value)));
            requests.Write("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"u8);
        }

        Task sending = Task.Run(() => client.Send(requests.ToArray()));
        foreach (string value in values)
        {
            Assert.Equal("+OK\r\n"u8, client.Read());
            Assert.True(Encoding.ASCII.GetString(client.Read()) ==
                string.Create(CultureInfo.InvariantCulture, $"${value.Length}\r\n{value}\r\n"), $"seed {seed}");
        }

        await sending;
    }

    [Fact]
    public async Task A_client_that_sends_no_more_gets_all_its_replies()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        client.Send("SET a 1\r\nINCR a\r\nGET a\r\nPIN"u8);
        client.EndSending();
        Assert.Equal("+OK\r\n:2\r\n$1\r\n2\r\n"u8, client.ReadToEnd());
    }

    [Fact]
    public async Task Both_protocols_are_served_on_one_port_and_see_the_same_keys()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        using Kvs.Client.KvsClient binary = server.Connect();
        Assert.Equal("+OK\r\n", client.Ask("SET a 1"));
        Assert.True(binary.TryGet("a"u8, out byte[]? value));
        Assert.Equal("1"u8, value);
        binary.Set("a"u8, "2"u8);
        Assert.Equal("$1\r\n2\r\n", client.Ask("GET a"));
    }

    [Fact]
    public async Task Nothing_is_executed_for_a_client_that_has_not_said_the_password()
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Password = "secret" });
        using var client = new RespConnection(server.EndPoint);
        Assert.Equal("-NOAUTH Authentication required.\r\n", client.Ask("GET a"));
        Assert.Equal("-ERR unknown command 'NOSUCH', with args beginning with: \r\n", client.Ask("NOSUCH"));
        Assert.StartsWith("-NOAUTH HELLO must be called", client.Ask("HELLO 3"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", client.Ask("AUTH wrong"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", client.Ask("AUTH other secret"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", client.Ask("HELLO 2 AUTH default wrong"), StringComparison.Ordinal);
        Assert.Equal("-NOAUTH Authentication required.\r\n", client.Ask("SET a 1"));
        Assert.Equal("+OK\r\n", client.Ask("AUTH secret"));
        Assert.Equal("+OK\r\n", client.Ask("SET a 1"));
        Assert.Equal("+RESET\r\n", client.Ask("RESET"));
        Assert.Equal("-NOAUTH Authentication required.\r\n", client.Ask("GET a"));
        Assert.StartsWith("*14\r\n", client.Ask("HELLO 2 AUTH default secret"), StringComparison.Ordinal);
        Assert.Equal("$1\r\n1\r\n", client.Ask("GET a"));
    }

    [Theory]
    [InlineData("*11\r\n", "-ERR Protocol error: unauthenticated multibulk length\r\n")]
    [InlineData("*2\r\n$4\r\nAUTH\r\n$16385\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n")]
    public async Task A_client_that_has_not_said_the_password_cannot_make_the_server_buffer_much(
        string sent, string expected)
    {
        await using TestServer server = await TestServer.StartAsync(new KvsServerOptions { Password = "secret" });
        using var client = new RespConnection(server.EndPoint);
        client.Send(Encoding.ASCII.GetBytes(sent));
        Assert.Equal(expected, Encoding.ASCII.GetString(client.ReadToEnd()));
    }

    [Fact]
    public async Task Without_a_hook_a_client_cannot_end_the_server_and_with_one_it_can()
    {
        await using TestServer refusing = await TestServer.StartAsync();
        using var client = new RespConnection(refusing.EndPoint);
        Assert.Equal("-ERR Errors trying to SHUTDOWN. Check logs.\r\n", client.Ask("SHUTDOWN"));

        var asked = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(
            new KvsServerOptions { ShutdownRequested = () => asked.TrySetResult() });
        using var other = new RespConnection(server.EndPoint);
        Assert.Equal("", other.Ask("SHUTDOWN NOSAVE"));
        Assert.True(asked.Task.IsCompleted);
    }

    [Fact]
    public async Task A_write_is_answered_when_it_has_reached_the_disk_and_a_read_before_it_as_well()
    {
        var engine = new FaultyEngine { Durability = Durability.Disk };
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using var client = new RespConnection(server.EndPoint);
        var sync = new TaskCompletionSource();
        engine.Syncs.Enqueue(sync.Task);
        client.Send("GET a\r\nSET a 1\r\nGET a\r\nINCR n\r\nSET a 2 NX\r\n"u8);
        await Eventually.TrueAsync(() => engine.SyncsBegun == 1);
        sync.SetResult();
        string[] expected = ["$-1\r\n", "+OK\r\n", "$1\r\n1\r\n", ":1\r\n", "$-1\r\n"];
        foreach (string reply in expected)
        {
            Assert.Equal(reply, Encoding.ASCII.GetString(client.Read()));
        }

        Assert.Equal(1, engine.SyncsBegun);
    }

    [Fact]
    public async Task A_write_that_does_not_reach_the_disk_is_an_error_and_nothing_else_is()
    {
        var engine = new FaultyEngine { Durability = Durability.Disk };
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using var client = new RespConnection(server.EndPoint);
        var sync = new TaskCompletionSource();
        engine.Syncs.Enqueue(sync.Task);
        client.Send("GET a\r\nSET a 1\r\nGET a\r\nMULTI\r\nSET b 1\r\nEXEC\r\nPING\r\n"u8);
        await Eventually.TrueAsync(() => engine.SyncsBegun == 1);
        sync.SetException(new KvsWriteException("The disk is gone.", isFinal: true));
        const string Failed = "-MISCONF Errors writing to the log: The disk is gone.\r\n";
        string[] expected = ["$-1\r\n", Failed, "$1\r\n1\r\n", "+OK\r\n", "+QUEUED\r\n", Failed, "+PONG\r\n"];
        foreach (string reply in expected)
        {
            Assert.Equal(reply, Encoding.ASCII.GetString(client.Read()));
        }
    }

    [Fact]
    public async Task WAITAOF_answers_when_a_sync_has_covered_what_was_written_whatever_the_durability()
    {
        var engine = new FaultyEngine { Durability = Durability.Process };
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using var client = new RespConnection(server.EndPoint);
        Assert.Equal("+OK\r\n", client.Ask("SET a 1"));
        Assert.Equal(0, engine.SyncsBegun);
        Assert.Equal("*2\r\n:1\r\n:0\r\n", client.Ask("WAITAOF 1 0 0"));
        Assert.Equal(1, engine.SyncsBegun);
        Assert.Equal("*2\r\n:0\r\n:0\r\n", client.Ask("WAITAOF 0 0 0"));
        Assert.StartsWith("-ERR", client.Ask("WAITAOF 2 0 0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_and_limits_are_errors_of_their_request_and_the_connection_lives()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine());
        using var client = new RespConnection(server.EndPoint);
        Assert.StartsWith("-ERR", client.Ask("GET damaged"), StringComparison.Ordinal);
        Assert.StartsWith("*2\r\n-ERR", client.Ask("MGET damaged a"), StringComparison.Ordinal);
        Assert.StartsWith("-MISCONF", client.Ask("SET \"write fails\" 1"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR The key is empty", client.Ask("SET \"\" 1"), StringComparison.Ordinal);
        Assert.Equal("$-1\r\n", client.Ask("GET \"\""));
        Assert.Equal("+PONG\r\n", client.Ask("PING"));
    }

    [Fact]
    public async Task Counters_in_transactions_of_many_clients_lose_no_step()
    {
        const int Clients = 8;
        const int Steps = 200;
        await using TestServer server = await TestServer.StartAsync(threads: 4);
        Task[] clients =
        [
            .. Enumerable.Range(0, Clients).Select(_ => Task.Run(() =>
            {
                using var client = new RespConnection(server.EndPoint);
                for (int i = 0; i < Steps; i++)
                {
                    client.Send("MULTI\r\nINCR a\r\nINCR b\r\nAPPEND log x\r\nEXEC\r\n"u8);
                    for (int reply = 0; reply < 5; reply++)
                    {
                        byte[] said = client.Read();
                        Assert.False(said.AsSpan().StartsWith("-"u8), RespText.Show(said));
                    }
                }
            })),
        ];
        await Task.WhenAll(clients);
        using var reader = new RespConnection(server.EndPoint);
        Assert.Equal("*3\r\n$4\r\n1600\r\n$4\r\n1600\r\n$-1\r\n", reader.Ask("MGET a b c"));
        Assert.Equal(":1600\r\n", reader.Ask("STRLEN log"));
    }
}
