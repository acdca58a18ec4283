using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Kvs.Server.Tests.Support;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Server.Tests.Resp;

/// <summary>One and the same stream of commands goes to redis-server 7.0 and to kvs; replies are equal to the byte.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper log)
{
    private const int RandomRequests = 30_000;
    private const int RequestsOfStretch = 50;

    /// <summary>What a loaded machine may let pass between the same command to both servers.</summary>
    private const int MaxDifferenceSeconds = 5;

    private static readonly string[] Corpus =
        [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Resp", "corpus.txt"))
            .Where(static line => line.Length > 0 && line[0] != '#')];

    [RedisFact]
    public async Task Every_command_and_every_error_of_the_corpus_is_answered_as_redis_answers_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var redis = new RedisServer();
        using var pair = new ServerPair(redis, server);
        var differences = new StringBuilder();
        foreach (string line in Corpus)
        {
            (byte[] expected, byte[] actual) = pair.Ask(line, out char mode);
            if (!AreEqual(expected, actual, mode) && !AreAboutEqual(line, expected, actual))
            {
                differences.AppendLine(line);
                differences.AppendLine("  redis: " + RespText.Show(expected));
                differences.AppendLine("  kvs:   " + RespText.Show(actual));
            }
        }

        Assert.Equal("", differences.ToString());
    }

    [RedisFact]
    public async Task A_cluster_of_one_describes_itself_as_redis_does()
    {
        await using TestServer server = await TestServer.StartAsync();
        int port = FreePort();
        using var redis = new RedisServer(
            "--cluster-enabled", "yes", "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1");
        using var expected = new RespConnection(redis.EndPoint);
        using var actual = new RespConnection(server.EndPoint);
        expected.Ask("CLUSTER ADDSLOTSRANGE 0 16383");
        while (!expected.Ask("CLUSTER INFO").Contains("cluster_state:ok", StringComparison.Ordinal))
        {
            await Task.Delay(50);
        }

        foreach (string key in (string[])["foo", "{user1000}.a", "foo{}{bar}", "foo{{bar}}zap", "{}", "\"\""])
        {
            Assert.Equal(expected.Ask($"CLUSTER KEYSLOT {key}"), actual.Ask($"CLUSTER KEYSLOT {key}"));
        }

        foreach (string subcommand in (string[])["INFO", "SLOTS", "SHARDS", "NODES", "MYID"])
        {
            Assert.Equal(
                Normal(expected, expected.Ask($"CLUSTER {subcommand}"), port),
                Normal(actual, actual.Ask($"CLUSTER {subcommand}"), server.EndPoint.Port));
        }
    }

    [RedisFact]
    public async Task Random_streams_are_answered_as_redis_answers_them()
    {
        int seed = TestSeed.Choose(log.WriteLine);
        var requests = new RandomRequests(seed);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kvs-");
        await using (TestServer server = await TestServer.StartAsync(engine: KvStore.Open(folder.FullName)))
        {
            Compare(server, requests, seed);
        }

        folder.Delete(recursive: true);
    }

    private static void Compare(TestServer server, RandomRequests requests, int seed)
    {
        using var redis = new RedisServer();
        using var expected = new RespConnection(redis.EndPoint);
        using var actual = new RespConnection(server.EndPoint);
        for (int sent = 0; sent < RandomRequests; sent += RequestsOfStretch)
        {
            // Pipelined, so that kvs executes them as batches.
            byte[][][] stretch = [.. Enumerable.Range(0, RequestsOfStretch).Select(_ => requests.Next())];
            byte[] bytes = [.. stretch.SelectMany(static request => RespText.Encode(request))];
            expected.Send(bytes);
            actual.Send(bytes);
            foreach (byte[][] request in stretch)
            {
                byte[] theirs = expected.Read();
                byte[] ours = actual.Read();
                Assert.True(theirs.AsSpan().SequenceEqual(ours),
                    $"seed {seed}: {string.Join(' ', request.Select(RespText.Show))}\n" +
                    $"  redis: {RespText.Show(theirs)}\n  kvs:   {RespText.Show(ours)}");
            }
        }
    }

    private static bool AreEqual(byte[] expected, byte[] actual, char mode) => mode switch
    {
        '~' => expected.Length > 0 && actual.Length > 0 && expected[0] == actual[0],
        '=' => Sorted(expected).SequenceEqual(Sorted(actual)),
        _ => expected.AsSpan().SequenceEqual(actual),
    };

    /// <summary>Whether two times that a key has left are equal, but for what passes between two servers.</summary>
    private static bool AreAboutEqual(string line, byte[] expected, byte[] actual) =>
        line.StartsWith("TTL", StringComparison.Ordinal) &&
        int.TryParse(Encoding.Latin1.GetString(expected).AsSpan(1).TrimEnd(), out int left) &&
        int.TryParse(Encoding.Latin1.GetString(actual).AsSpan(1).TrimEnd(), out int right) &&
        left > 0 && Math.Abs(left - right) <= MaxDifferenceSeconds;

    private static IEnumerable<string> Sorted(byte[] reply) =>
        Encoding.Latin1.GetString(reply).Split("\r\n").Order(StringComparer.Ordinal);

    /// <summary>A reply without what two servers cannot have in common: names, addresses, ports, epochs.</summary>
    private static string Normal(RespConnection connection, string reply, int port)
    {
        string id = connection.Ask("CLUSTER MYID").Split("\r\n")[1];
        string text = reply.Replace(id, "ID", StringComparison.Ordinal);
        text = text.Replace(string.Create(CultureInfo.InvariantCulture, $":{port}"), ":PORT", StringComparison.Ordinal);

        // Redis does not know its address before another server has told it, and has a port for such talk.
        text = Regex.Replace(text, "\\$(0\r\n|9\r\n127\\.0\\.0\\.1)\r\n", "$ADDRESS\r\n");
        text = Regex.Replace(text, "(127\\.0\\.0\\.1)?:PORT@[0-9]+", "ADDRESS");
        text = Regex.Replace(text, "epoch:[0-9]+", "epoch");
        return Regex.Replace(text, "^\\$[0-9]+", "$");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
