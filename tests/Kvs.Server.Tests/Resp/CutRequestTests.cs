using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Kvs.Memory;
using Kvs.Server.Connections;
using Kvs.Server.Sessions;
using Kvs.Server.Sessions.Resp;
using Kvs.Testing;
using Kvs.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Kvs.Server.Tests.Resp;

/// <summary>Requests arrive in pieces of any size, and may be anything.</summary>
public sealed class CutRequestTests(ITestOutputHelper log)
{
    /// <summary>In it come a million requests and more.</summary>
    private static readonly TimeSpan MutatedTime = TimeSpan.FromSeconds(8);

    private static readonly Limits SmallLimits = new() { MaxKeyBytes = 100, MaxValueBytes = 10_000 };

    /// <summary>Requests of all kinds: as clients send them, as people type them, empty ones, errors.</summary>
    private static readonly byte[] Requests = BuildRequests();

    [Fact]
    public async Task Requests_cut_at_every_byte_are_answered_as_if_they_had_come_whole()
    {
        byte[] expected = await ServeAsync(Requests);
        Assert.Contains("-ERR unknown command", Encoding.Latin1.GetString(expected), StringComparison.Ordinal);
        for (int cut = 0; cut <= Requests.Length; cut++)
        {
            Assert.Equal(expected, await ServeAsync(Requests[..cut], Requests[cut..]));
        }
    }

    [Fact]
    public async Task Requests_that_arrive_byte_by_byte_are_answered_as_if_they_had_come_whole() => Assert.Equal(
        await ServeAsync(Requests), await ServeAsync([.. Requests.Select(static next => new[] { next })]));

    [Fact]
    public async Task Pieces_of_every_size_are_answered_as_if_they_had_come_whole()
    {
        byte[] expected = await ServeAsync(Requests);
        for (int size = 1; size < 200; size++)
        {
            Assert.Equal(expected, await ServeAsync([.. Requests.Chunk(size)]));
        }
    }

    [Fact]
    public async Task No_mutated_request_crashes_a_session_and_no_reply_is_cut_short()
    {
        int seed = TestSeed.Choose(log.WriteLine);
        var random = new Random(seed);
        ServerContext context = NewContext();
        TimeSpan time = TestDuration.Longer(MutatedTime);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
        {
            byte[] mutated = Mutate(random);
            int cut = random.Next(mutated.Length);
            byte[] replies = await ServeAsync(context, [mutated[..cut], mutated[cut..]]);
            Assert.True(replies.Length == 0 || replies.AsSpan().EndsWith("\r\n"u8), $"seed {seed}");
        }

        Assert.Empty(context.Resp.Sessions);
        Assert.True(context.Engine.GetStatistics().LiveBytes < 100_000_000, $"seed {seed}");
    }

    [Theory]
    [InlineData("*1\r\nx", "")]
    [InlineData("*1\r\nx\r\n", "-ERR Protocol error: expected '$', got 'x'\r\n")]
    [InlineData("*1\r\n\r\n", "-ERR Protocol error: expected '$', got ' '\r\n")]
    [InlineData("*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n")]
    [InlineData("*1048577\r\n", "-ERR Protocol error: invalid multibulk length\r\n")]
    [InlineData("*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n")]
    [InlineData("*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData("*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData("*1\r\n$10001\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData("*1\r\n$2147483648\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData("PING \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n")]
    [InlineData("PING \"a\"b\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n")]
    [InlineData("*0\r\n*-1\r\n\r\nPING\r\n", "+PONG\r\n")]
    [InlineData("PING\r\n*1\r\nx\r\nPING\r\n", "+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n")]
    public async Task What_is_no_request_is_said_in_the_words_of_redis(string sent, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(await ServeAsync(Encoding.Latin1.GetBytes(sent))));

    [Fact]
    public async Task A_line_without_an_end_is_refused_before_it_fills_memory() => Assert.Equal(
        "-ERR Protocol error: too big inline request\r\n",
        Encoding.Latin1.GetString(await ServeAsync(Encoding.Latin1.GetBytes(new string('a', 70_000)))));

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET a 1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nSET a 1\r\n")]
    [InlineData("Host: localhost\r\nSET a 1\r\n")]
    [InlineData("POST a b\r\nSET a 1\r\n")]
    public async Task A_request_for_a_web_server_ends_the_connection_and_nothing_is_executed(string sent)
    {
        ServerContext context = NewContext();
        Assert.Empty(await ServeAsync(context, [Encoding.Latin1.GetBytes(sent)]));
        Assert.Equal(0, context.Engine.GetStatistics().Keys);
    }

    private static ServerContext NewContext() =>
        new(new KvsServerOptions(), new MemoryEngine(SmallLimits), new InlineThreadPool(), NullLogger.Instance);

    private static Task<byte[]> ServeAsync(params byte[][] pieces) => ServeAsync(NewContext(), pieces);

    /// <summary>Gives a session what arrives, piece by piece, and what it left of it again; returns its replies.
    /// </summary>
    private static async Task<byte[]> ServeAsync(ServerContext context, byte[][] pieces)
    {
        using var session = new RespSession(context, remoteEndPoint: null);
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var replies = new ReplyBuffer(output.Writer);
        ReadOnlyMemory<byte> left = default;
        foreach (byte[] piece in pieces)
        {
            ReadOnlySequence<byte> input = Pieces(left, piece);
            SessionOutcome outcome = session.Process(ref input, replies);
            Assert.NotEqual(SessionOutcome.OutputFull, outcome);
            left = input.ToArray();
            if (outcome == SessionOutcome.Closing)
            {
                break;
            }
        }

        await replies.FlushAsync();
        await output.Writer.CompleteAsync();
        ReadResult read = await output.Reader.ReadAsync();
        return read.Buffer.ToArray();
    }

    private static ReadOnlySequence<byte> Pieces(ReadOnlyMemory<byte> left, byte[] piece)
    {
        var first = new Piece(left, null);
        var last = new Piece(piece, first);
        return new ReadOnlySequence<byte>(first, 0, last, piece.Length);
    }

    private static byte[] BuildRequests()
    {
        string[] lines =
        [
            "SET key value", "GET key", "MSET a 1 b 2 c \"\"", "MGET a b c d", "APPEND key \"\\x00\\xff\\r\\n\"",
            "GET key", "NOSUCH a b", "GET", "MULTI", "INCR n", "GET n", "EXEC", "SETRANGE big 500 x", "GET big",
            "DEL a b c", "SET a-key-of-many-letters a-value-of-more-letters", "GET a-key-of-many-letters",
            "EXISTS a-key-of-many-letters a-key-of-other-letters", "PING",
        ];
        byte[] typed = Encoding.Latin1.GetBytes(
            "PING\r\nSET t \"a b\\x41\"\r\nGET t\n\r\n*0\r\nECHO 'it\\'s'\r\n*-1\r\nGET  t  \r\n");
        return [.. lines.SelectMany(RespText.Encode), .. typed, .. RespText.Encode("GET key")];
    }

    private static byte[] Mutate(Random random)
    {
        byte[] bytes = [.. Requests];
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                2 => (byte)random.Next('0', '9' + 1),
                _ => "*$\r\n\"' +-"u8[random.Next(9)],
            };
        }

        return random.Next(10) == 0 ? bytes[..random.Next(1, bytes.Length)] : bytes;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
