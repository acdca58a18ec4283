using System.Text;
using Kvs.Memory;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>Many operations in one frame: executed in order, each answered in its place, within the same bounds as
/// requests of their own.</summary>
public class BatchRequestTests
{
    [Fact]
    public async Task Operations_of_all_kinds_see_what_those_before_them_wrote()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Get("a"u8);
        batch.Set("a"u8, "1"u8);
        batch.Get("a"u8);
        batch.Increment("a"u8, 41);
        batch.Get("a"u8);
        batch.Remove("a"u8);
        batch.Remove("a"u8);
        batch.Get("a"u8);
        Assert.Equal(
            [
                (ReplyStatus.NotFound, ""), (ReplyStatus.Written, ""), (ReplyStatus.Ok, "1"),
                (ReplyStatus.Written, "2A00000000000000"), (ReplyStatus.Ok, "42"), (ReplyStatus.Written, ""),
                (ReplyStatus.NotFound, ""), (ReplyStatus.NotFound, ""),
            ],
            client.Execute(batch).Select(result => (result.Status,
                result.Value.Length == 8 ? Convert.ToHexString(result.Value) : result.Text)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    public async Task Ten_thousand_operations_are_answered_in_order_whatever_the_output_holds(int maxOutputBytes)
    {
        await using TestServer server = await TestServer.StartAsync(
            new KvsServerOptions { MaxBufferedOutputBytes = maxOutputBytes });
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        byte[][] values = [.. Enumerable.Range(0, 5_000).Select(MixedValue)];
        for (int i = 0; i < values.Length; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes($"key{i % 100}");
            batch.Set(key, values[i]);
            batch.Get(key);
        }

        IReadOnlyList<RawResult> results = client.Execute(batch);
        Assert.Equal(2 * values.Length, results.Count);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(ReplyStatus.Written, results[2 * i].Status);
            Assert.Equal(values[i], results[(2 * i) + 1].Value);
        }

        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(10)).Status);
    }

    [Fact]
    public async Task A_batch_that_arrived_in_one_piece_goes_on_where_the_output_was_full()
    {
        await using TestServer server = await TestServer.StartAsync(
            new KvsServerOptions { MaxBufferedOutputBytes = 1 });
        server.Engine.Set("big", new byte[BinaryProtocol.ResultsFrameBytes - 20]);
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        for (int i = 0; i < 20; i++)
        {
            batch.Get("big"u8);
            batch.Increment("number"u8, 1);
        }

        IReadOnlyList<RawResult> results = client.Execute(batch);
        Assert.Equal(40, results.Count);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(BinaryProtocol.ResultsFrameBytes - 20, results[2 * i].Value.Length);
            Assert.Equal((ulong)i + 1, results[(2 * i) + 1].Number);
        }
    }

    [Fact]
    public async Task A_batch_without_operations_is_answered_without_results()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        Assert.Empty(client.Execute(new BatchRequest()));
    }

    [Fact]
    public async Task Conditions_expiries_and_versions_are_those_of_each_operation()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8, new RequestFields(RequestFlags.IfVersion | RequestFlags.SaysVersion));
        batch.Set("a"u8, "2"u8, new RequestFields(RequestFlags.IfVersion));
        batch.Set("b"u8, "3"u8, new RequestFields(RequestFlags.IfPresent));
        batch.Set("c"u8, "4"u8, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 4_000_000_000_000));
        batch.Set("d"u8, "5"u8, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 1));
        batch.Get("a"u8, saysVersion: true);
        batch.Get("c"u8, saysVersion: true);
        batch.Get("d"u8, saysVersion: true);
        batch.Remove("a"u8, new RequestFields(RequestFlags.IfVersion, Version: ulong.MaxValue));
        batch.Get("a"u8, saysVersion: false);
        batch.Remove("a"u8, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 1));
        IReadOnlyList<RawResult> results = client.Execute(batch);
        Assert.Equal(
            [
                ReplyStatus.Written, ReplyStatus.ConditionFailed, ReplyStatus.ConditionFailed, ReplyStatus.Written,
                ReplyStatus.Written, ReplyStatus.Ok, ReplyStatus.Ok, ReplyStatus.NotFound, ReplyStatus.ConditionFailed,
                ReplyStatus.Ok, ReplyStatus.UnknownFlag,
            ],
            results.Select(result => result.Status));
        ulong version = results[0].Number;
        Assert.NotEqual(0ul, version);
        Assert.Equal((version, 0ul, version), (results[1].Number, results[2].Number, results[8].Number));
        Assert.Equal((version, 0ul, "1"), results[5].Info);
        Assert.Equal((4_000_000_000_000ul, "4"), (results[6].Info.ExpiresAt, results[6].Info.Value));
    }

    [Fact]
    public async Task An_operation_that_fails_costs_no_other_one()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine());
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Set("a"u8, "x"u8);
        batch.Set(Encoding.UTF8.GetBytes(FaultyEngine.WriteFails), "1"u8);
        batch.Remove(Encoding.UTF8.GetBytes(FaultyEngine.SyncFails));
        batch.Get(Encoding.UTF8.GetBytes(FaultyEngine.IsDamaged));
        batch.Get(""u8);
        batch.Get(new byte[Limits.HighestMaxKeyBytes + 1]);
        batch.Increment("a"u8, 1);
        batch.Set("n"u8, "9223372036854775807"u8);
        batch.Increment("n"u8, 1);
        batch.Get("a"u8);
        IReadOnlyList<RawResult> results = client.Execute(batch);
        Assert.Equal(
            [
                ReplyStatus.Written, ReplyStatus.WriteFailed, ReplyStatus.WritesStopped, ReplyStatus.Damaged,
                ReplyStatus.LimitExceeded, ReplyStatus.LimitExceeded, ReplyStatus.NotANumber, ReplyStatus.Written,
                ReplyStatus.SumTooLarge, ReplyStatus.Ok,
            ],
            results.Select(result => result.Status));
        Assert.Equal("x", results[^1].Text);
        Assert.Contains("disk is full", results[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_before_a_broken_operation_is_executed_and_answered()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8);
        batch.Set("b"u8, "2"u8);
        byte[] body = batch.Body.ToArray();
        client.Send(o => o.Frame((byte)Operation.Batch, 0, 5, body.AsSpan(..^1)));
        RawReply first = client.Read();
        Assert.Equal((ushort)(ReplyFlags.Results | ReplyFlags.More), first.Header.Flags);
        RawReply second = client.Read();
        Assert.Equal((ReplyStatus.MalformedBody, 5u, false), (second.Status, second.Header.RequestId, second.IsLast));
        Assert.True(server.Engine.Contains("a"));
        Assert.False(server.Engine.Contains("b"));
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Ping(6)).Status);
    }

    [Fact]
    public async Task What_was_executed_before_a_failure_is_answered_before_the_connection_ends()
    {
        await using TestServer server = await TestServer.StartAsync(engine: new FaultyEngine());
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8);
        batch.Get(Encoding.UTF8.GetBytes(FaultyEngine.HasBug));
        batch.Set("b"u8, "1"u8);
        client.Send(batch.ToFrame(5).Span);
        RawReply first = client.Read();
        Assert.Equal((ushort)(ReplyFlags.Results | ReplyFlags.More), first.Header.Flags);
        Assert.Equal((byte)ReplyStatus.Written, first.Body[0]);
        RawReply last = client.Read();
        Assert.Equal((ReplyStatus.InternalError, true), (last.Status, last.IsLast));
        client.AssertEnded();
        Assert.False(server.Engine.Contains("b"));
    }

    [Fact]
    public async Task Many_keys_are_read_in_one_request()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Engine.Set("b", "2");
        using RawClient client = server.ConnectRaw();
        client.SendHex("DB 09 0000 07000000 0F000000  01000000 61  01000000 62  01000000 63");
        Assert.Equal(
            [(ReplyStatus.NotFound, ""), (ReplyStatus.Ok, "2"), (ReplyStatus.NotFound, "")],
            client.ReadResults(7).Select(result => (result.Status, result.Text)));
    }

    [Fact]
    public async Task An_atomic_batch_is_made_as_a_whole_or_not_at_all()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Engine.Set("there", "x");
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8);
        batch.Remove("there"u8);
        batch.Require("there"u8, 0);
        Assert.Equal(ReplyStatus.ConditionFailed, client.Ask(batch.ToFrame(2, Operation.AtomicBatch)).Status);
        Assert.False(server.Engine.Contains("a"));
        batch.Clear();
        batch.Set("a"u8, "1"u8, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 4_000_000_000_000));
        batch.Remove("there"u8);
        batch.Require("a"u8, 0);
        Assert.Equal(ReplyStatus.Ok, client.Ask(batch.ToFrame(3, Operation.AtomicBatch, Durability.Disk)).Status);
        Assert.Equal("1", server.Engine.GetString("a"));
        Assert.False(server.Engine.Contains("there"));

        // An operation that cannot be part of a whole spoils it.
        batch.Increment("n"u8, 1);
        Assert.Equal(ReplyStatus.MalformedBody, client.Ask(batch.ToFrame(4, Operation.AtomicBatch)).Status);
    }

    [Fact]
    public async Task Limits_that_are_small_leave_room_for_batches()
    {
        await using TestServer server = await TestServer.StartAsync(
            engine: new MemoryEngine(new Limits { MaxKeyBytes = 10, MaxValueBytes = 10 }));
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        for (int i = 0; i < 100_000; i++)
        {
            batch.Set("key"u8, "0123456789"u8);
        }

        Assert.Equal(100_000, client.Execute(batch).Count(result => result.Status == ReplyStatus.Written));
    }

    private static byte[] MixedValue(int i)
    {
        byte[] value = new byte[i % 1000 == 7 ? 200_000 : i % 97];
        Array.Fill(value, (byte)i);
        return value;
    }
}
