using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Kvs.Client;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;
using Kvs.Threading;

namespace Kvs.Server.Tests;

/// <summary>Several requests in flight: answered in order, all of them, within bounds.</summary>
public class PipeliningTests
{
    private const int Depth = 10_000;

    [Theory]
    [InlineData(NaiveThreadPool.PoolName)]
    [InlineData(SharedQueueThreadPool.PoolName)]
    [InlineData(WorkStealingThreadPool.PoolName)]
    [InlineData(InlineThreadPool.PoolName)]
    public async Task Ten_thousand_requests_of_mixed_sizes_are_answered_in_order(string pool)
    {
        await using TestServer server = await TestServer.StartAsync(pool: pool);
        using RawClient client = server.ConnectRaw();
        Task sending = Task.Run(() =>
        {
            for (uint i = 0; i < Depth; i++)
            {
                client.Send(o => WriteMixed(o, i));
            }
        });
        for (uint i = 0; i < Depth; i++)
        {
            AssertMixed(client.Read(), i);
        }

        await sending;
    }

    [Fact]
    public async Task A_client_that_half_closes_gets_all_its_replies()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        client.Send(o =>
        {
            o.Set(2, "big", new byte[500_000]);
            for (uint id = 3; id < 103; id++)
            {
                o.Get(id, "big");
            }
        });
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(ReplyStatus.Ok, client.Read().Status);
        for (uint id = 3; id < 103; id++)
        {
            RawReply reply = client.Read();
            Assert.Equal((id, 500_000), (reply.Header.RequestId, reply.Body.Length));
        }

        client.AssertEnded();
    }

    [Fact]
    public async Task A_slow_reader_is_no_longer_served_and_holds_no_worker()
    {
        const int valueBytes = 1024 * 1024;
        const int requests = 2_000;
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine, threads: 1);
        using KvsClient bystander = server.Connect();
        bystander.Set("big", new byte[valueBytes]);
        using var slow = new RawClient(server.EndPoint, receiveBufferBytes: 64 * 1024);
        slow.ShakeHands();
        slow.Send(o =>
        {
            for (uint id = 0; id < requests; id++)
            {
                o.Get(id, "big");
            }
        });

        int gets;
        do
        {
            gets = engine.Gets;
            await Task.Delay(300);
            bystander.Ping();
        }
        while (engine.Gets != gets);

        // Each value is looked at twice, once for its length; what is executed is what the network's own buffers and
        // one batch of replies hold.
        Assert.InRange(gets, 1, 100);
        for (uint id = 0; id < requests; id++)
        {
            RawReply reply = slow.Read();
            Assert.Equal((id, valueBytes), (reply.Header.RequestId, reply.Body.Length));
        }
    }

    [Fact]
    public async Task Long_values_pass_both_ways_at_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        int found = 0;
        using KvsPipeline pipeline = KvsPipeline.Connect(
            server.EndPoint, (in KvsReply reply) => found += reply.Value.Length == 300_000 ? 1 : 0);
        byte[] value = new byte[300_000];
        for (int i = 0; i < 300; i++)
        {
            pipeline.Set("key"u8, value);
            pipeline.Get("key"u8);
        }

        pipeline.Flush();
        Assert.Equal((600, 600, 300), (pipeline.Answered, pipeline.Acknowledged, found));
    }

    [Fact]
    public async Task A_pipeline_hands_out_answers_in_order_and_within_its_bound()
    {
        await using TestServer server = await TestServer.StartAsync();
        var seen = new List<(long Index, bool Found, string Value)>();
        using KvsPipeline pipeline = KvsPipeline.Connect(
            server.EndPoint,
            (in KvsReply reply) => seen.Add((reply.Index, reply.IsFound, Encoding.UTF8.GetString(reply.Value))),
            new KvsClientOptions { MaxInFlight = 10 });
        for (int i = 0; i < 1000; i++)
        {
            pipeline.Set(Encoding.UTF8.GetBytes($"key{i}"), Encoding.UTF8.GetBytes($"value{i}"));
            Assert.InRange(pipeline.InFlight, 0, 10);
        }

        pipeline.Get("key17"u8);
        pipeline.Get("nowhere"u8);
        pipeline.Remove("key17"u8);
        pipeline.Remove("key17"u8);
        pipeline.Flush();
        Assert.Equal(1004, seen.Count);
        Assert.Equal(Enumerable.Range(0, 1004), seen.Select(reply => (int)reply.Index));
        Assert.Equal(
            [(1000, true, "value17"), (1001, false, ""), (1002, true, ""), (1003, false, "")], seen[1000..]);
    }

    [Fact]
    public async Task A_request_that_fails_in_a_pipeline_is_told_from_those_that_do_not()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine());
        var failed = new List<long>();
        using KvsPipeline pipeline = KvsPipeline.Connect(server.EndPoint, (in KvsReply reply) =>
        {
            if (reply.IsError)
            {
                failed.Add(reply.Index);
            }
        });
        pipeline.Set("a"u8, "1"u8);
        pipeline.Set(Encoding.UTF8.GetBytes(FaultyEngine.WriteFails), "2"u8);
        pipeline.Set("c"u8, "3"u8);
        pipeline.Flush();
        Assert.Equal((3, 2), (pipeline.Answered, pipeline.Acknowledged));
        Assert.Equal([1], failed);
        using KvsPipeline strict = KvsPipeline.Connect(server.EndPoint);
        strict.Set(Encoding.UTF8.GetBytes(FaultyEngine.SyncFails), "2"u8);
        Assert.Equal(ReplyStatus.WritesStopped, Assert.Throws<KvsServerException>(strict.Flush).Status);
        Assert.Throws<KvsConnectionException>(strict.Flush);
    }

    private static void WriteMixed(IBufferWriter<byte> output, uint i)
    {
        switch (i % 4)
        {
            case 0:
                output.Set(i, "mixed", MixedValue(i));
                break;
            case 1:
                output.Get(i, "mixed");
                break;
            case 2:
                output.Get(i, "nowhere");
                break;
            default:
                output.Frame(0x63, 0, i, []);
                break;
        }
    }

    private static void AssertMixed(RawReply reply, uint i)
    {
        Assert.Equal(i, reply.Header.RequestId);
        switch (i % 4)
        {
            case 0:
                Assert.Equal(ReplyStatus.Ok, reply.Status);
                break;
            case 1:
                Assert.Equal(MixedValue(i - 1), reply.Body);
                break;
            case 2:
                Assert.Equal(ReplyStatus.NotFound, reply.Status);
                break;
            default:
                Assert.Equal(ReplyStatus.UnknownOperation, reply.Status);
                break;
        }
    }

    /// <summary>Lengths from nothing to longer than any buffer on the way, most of them short.</summary>
    private static byte[] MixedValue(uint i)
    {
        byte[] value = new byte[i % 400 == 0 ? 200_000 : i % 40 == 0 ? 5_000 : i % 97];
        Array.Fill(value, (byte)i);
        return value;
    }
}
