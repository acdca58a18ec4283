using System.Text;
using Kvs.Bench.Network;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;
using Kvs.Protocol.Binary;

namespace Kvs.Bench.Tests;

/// <summary>What the load generator sends, and what it makes of the replies.</summary>
public sealed class WireProtocolTests
{
    private const int Keys = 100;
    private const int ValueBytes = 10;

    public static TheoryData<string, int> Protocols => new()
    {
        { "resp", 1 }, { "resp", 3 }, { "memcached", 1 }, { "memcached", 3 }, { "binary", 1 }, { "binary", 3 },
    };

    [Fact]
    public void Requests_over_resp_are_GET_SET_MGET_and_MSET()
    {
        Assert.Equal("*2\r\n$3\r\nGET\r\n$2\r\n{0}\r\n", RequestText("resp", Mix.Get, batch: 1));
        Assert.Equal("*3\r\n$3\r\nSET\r\n$2\r\n{0}\r\n$10\r\n{v0}\r\n", RequestText("resp", Mix.Set, batch: 1));
        Assert.Equal("*3\r\n$4\r\nMGET\r\n$2\r\n{0}\r\n$2\r\n{1}\r\n", RequestText("resp", Mix.Get, batch: 2));
        Assert.Equal("*5\r\n$4\r\nMSET\r\n$2\r\n{0}\r\n$10\r\n{v0}\r\n$2\r\n{1}\r\n$10\r\n{v1}\r\n",
            RequestText("resp", Mix.Set, batch: 2));
    }

    [Fact]
    public void Requests_to_memcached_are_meta_gets_and_sets()
    {
        Assert.Equal("mg {0} v\r\n", RequestText("memcached", Mix.Get, batch: 1));
        Assert.Equal("ms {0} 10\r\n{v0}\r\nms {1} 10\r\n{v1}\r\n", RequestText("memcached", Mix.Set, batch: 2));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Right_replies_are_taken_however_they_are_cut(string name, int batch)
    {
        var load = new Load(name, Mix.A, batch, inFlight: 5);
        byte[] replies = load.RightReplies();
        int taken = 0;
        for (int arrived = 0; arrived <= replies.Length; arrived++)
        {
            taken += load.Protocol.Read(replies.AsSpan(taken, arrived - taken), load.Ring);
        }

        load.Ring.Complete(now: 1000);
        Assert.Equal(replies.Length, taken);
        Assert.Equal(0, load.Ring.Count);
        Assert.Null(load.Tally.Checked.FirstError);
        Assert.Equal(5 * batch, load.Tally.OperationsAt(0));
        Assert.Equal(5, load.Tally.Gets.Count + load.Tally.Sets.Count + load.Tally.Both.Count);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_wrong_value_a_missing_key_and_an_error_are_errors(string name, int batch)
    {
        foreach ((string fault, string message) in ((string, string)[])
                 [("wrong", "is wrong"), ("missing", "is missing"), ("error", "server answers")])
        {
            var load = new Load(name, Mix.Get, batch, inFlight: 1);
            byte[] reply = load.Reply(fault);
            Assert.Equal(reply.Length, load.Protocol.Read(reply, load.Ring));
            Assert.Equal(0, load.Ring.Count);
            Assert.Equal(batch, load.Tally.Checked.Errors);
            Assert.Contains(message, load.Tally.Checked.FirstError, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_get_that_is_answered_like_a_set_is_an_error(string name, int batch)
    {
        var load = new Load(name, Mix.Get, batch, inFlight: 1);
        byte[] reply = new Load(name, Mix.Set, batch, inFlight: 1).RightReplies();
        load.Protocol.Read(reply, load.Ring);
        Assert.Equal(batch, load.Tally.Checked.Errors);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_reply_to_nothing_ends_the_run(string name, int batch)
    {
        var load = new Load(name, Mix.Set, batch, inFlight: 1);
        byte[] replies = load.RightReplies();
        load.Protocol.Read(replies, load.Ring);
        Assert.Throws<ProgramException>(() => load.Protocol.Read(replies, load.Ring));
    }

    [Theory]
    [InlineData("resp", "garbage\r\n")]
    [InlineData("resp", "$11\r\n")]
    [InlineData("resp", "*7\r\n")]
    [InlineData("memcached", "VA 11\r\n")]
    [InlineData("binary", "garbage garbage garbage")]
    public void What_is_no_reply_ends_the_run(string name, string reply)
    {
        var load = new Load(name, Mix.Get, batch: 1, inFlight: 1);
        Assert.Throws<ProgramException>(() => load.Protocol.Read(Encoding.ASCII.GetBytes(reply), load.Ring));
    }

    [Fact]
    public void Batches_over_binary_get_and_set_as_the_mix_says()
    {
        var load = new Load("binary", Mix.A, batch: 64, inFlight: 1);
        ReadOnlySpan<byte> body = load.Sent.AsSpan(BinaryProtocol.HeaderBytes);
        FrameHeader header = FrameHeader.Read(load.Sent);
        Assert.Equal(((byte)Operation.Batch, (uint)body.Length), (header.Code, header.BodyBytes));
        int at = 0;
        HashSet<Operation> operations = [];
        for (int i = 0; i < 64; i++)
        {
            Assert.True(BatchItem.TryRead(body, ref at, out BatchItem item));
            operations.Add(item.Operation);
            Assert.Equal($"{load.Numbers[i]}", Encoding.ASCII.GetString(item.KeyIn(body)));
            Assert.Equal(item.Operation == Operation.Set ? load.Values[i] : [], item.ValueIn(body).ToArray());
        }

        Assert.Equal(body.Length, at);
        Assert.Equal([Operation.Get, Operation.Set], operations.Order());
    }

    // Keys are decimal and of two digits; {n} is the n-th key of the request, {vn} its value.
    private static string RequestText(string name, Mix mix, int batch)
    {
        var load = new Load(name, mix, batch, inFlight: 1);
        string text = Encoding.Latin1.GetString(load.Sent);
        for (int i = 0; i < batch; i++)
        {
            text = text.Replace(Encoding.Latin1.GetString(load.Values[i]), $"{{v{i}}}", StringComparison.Ordinal)
                .Replace("\n" + load.Numbers[i] + "\r", $"\n{{{i}}}\r", StringComparison.Ordinal)
                .Replace(" " + load.Numbers[i] + " ", $" {{{i}}} ", StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>A connection without a socket: its requests are begun and encoded.</summary>
    private sealed class Load
    {
        private readonly string _name;
        private readonly int _batch;
        private readonly List<bool> _areGets = [];
        private readonly List<uint> _ids = [];

        internal Load(string name, Mix mix, int batch, int inFlight)
        {
            (_name, _batch) = (name, batch);
            var part = new PartSettings
            {
                Mix = mix,
                Threads = 1,
                Keys = Keys - 10,
                FirstNumber = 10,
                Zipfian = null,
                KeyPattern = new KeyPattern(KeyFormat.Decimal, KeyPattern.MinBinaryBytes),
                ValuePattern = new ValuePattern(new ByteRange(ValueBytes, ValueBytes)),
                Batch = batch,
                Duration = TimeSpan.Zero,
                SampleEvery = 1,
                Seed = 3,
            };
            Tally = new LoadTally(part.ValuePattern, servers: 1);
            Protocol = Servers.ServerKind.CreateProtocol(name, part);
            Ring = new RequestRing(part, new SourcePlace(0, 1), Protocol.MixesKinds, inFlight, Tally);
            byte[] output = new byte[Protocol.MaxRequestBytes(batch)];
            for (int i = 0; i < inFlight; i++)
            {
                Assert.True(Ring.TryBegin(begin: 0, out LoadRequest request));
                Sent = [.. Sent, .. output.AsSpan(0, Protocol.Write(output, request))];
                Note(part, request);
            }
        }

        internal LoadTally Tally { get; }

        internal WireProtocol Protocol { get; }

        internal RequestRing Ring { get; }

        internal byte[] Sent { get; private set; } = [];

        internal List<long> Numbers { get; } = [];

        internal List<byte[]> Values { get; } = [];

        /// <summary>What a store without a fault answers.</summary>
        internal byte[] RightReplies() =>
            [.. Enumerable.Range(0, _ids.Count).SelectMany(request => Reply(request, value => value))];

        /// <summary>The first reply with a fault.</summary>
        internal byte[] Reply(string fault) => fault switch
        {
            "error" when _name == "binary" => Frame(0, ReplyStatus.Damaged, 0, "broken"u8.ToArray()),
            "error" when _name == "resp" => "-ERR broken\r\n"u8.ToArray(),
            "error" => [.. Enumerable.Repeat("SERVER_ERROR broken\r\n"u8.ToArray(), _batch).SelectMany(line => line)],
            _ => Reply(0, value => fault == "missing" ? null : [.. value[..^1], (byte)(value[^1] ^ 1)]),
        };

        private byte[] Reply(int request, Func<byte[], byte[]?> spoil)
        {
            int first = request * _batch;
            bool isGet = _areGets[first];
            byte[]?[] values = [.. Values.GetRange(first, _batch).Select(spoil)];
            return _name switch
            {
                "binary" when _batch == 1 => Frame(request, StatusOf(isGet, values[0], ReplyStatus.Ok), 0,
                    isGet ? values[0] ?? [] : []),
                "binary" => Results(request, values),
                "memcached" when !isGet => Text(string.Concat(Enumerable.Repeat("HD\r\n", _batch))),
                "memcached" => Join(values.Select(value => value is null
                    ? Text("EN\r\n")
                    : [.. Text($"VA {value.Length}\r\n"), .. value, .. Text("\r\n")])),
                _ when !isGet => Text("+OK\r\n"),
                _ => [.. Text(_batch == 1 ? "" : $"*{_batch}\r\n"), .. Join(values.Select(value => value is null
                    ? Text("$-1\r\n")
                    : [.. Text($"${value.Length}\r\n"), .. value, .. Text("\r\n")]))],
            };
        }

        private void Note(PartSettings part, in LoadRequest request)
        {
            _ids.Add(request.Id);
            for (int i = 0; i < request.Count; i++)
            {
                Numbers.Add(request.Numbers[i]);
                _areGets.Add(request.AreGets[i]);
                byte[] value = new byte[ValueBytes];
                part.ValuePattern.Prepare(value);
                ValuePattern.Write(value, request.Tags[i]);
                Values.Add(value);
            }
        }

        // The last result in a frame of its own: a server ends a frame wherever it likes.
        private byte[] Results(int request, byte[]?[] values)
        {
            byte[][] results = [.. values.Select((value, index) =>
            {
                bool isGet = _areGets[(request * _batch) + index];
                byte[] head = new byte[BatchResult.HeadBytes];
                byte[] body = isGet ? value ?? [] : [];
                BatchResult.WriteHead(head, StatusOf(isGet, value, ReplyStatus.Written), body.Length);
                return (byte[])[.. head, .. body];
            })];
            return [.. Frame(request, ReplyStatus.Ok, ReplyFlags.Results | ReplyFlags.More, Join(results[..^1])),
                .. Frame(request, ReplyStatus.Ok, ReplyFlags.Results, results[^1])];
        }

        private byte[] Frame(int request, ReplyStatus status, ReplyFlags flags, byte[] body)
        {
            byte[] header = new byte[BinaryProtocol.HeaderBytes];
            new FrameHeader((byte)status, (ushort)flags, _ids[request], (uint)body.Length)
                .Write(header, BinaryProtocol.ReplyMagic);
            return [.. header, .. body];
        }

        private static ReplyStatus StatusOf(bool isGet, byte[]? value, ReplyStatus done) =>
            !isGet ? done : value is null ? ReplyStatus.NotFound : ReplyStatus.Ok;

        private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

        private static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part)];
    }
}
