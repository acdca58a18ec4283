using System.Text;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>At the level <c>Disk</c>: no reply to a write leaves before a sync has covered it, one sync is enough for
/// all that a client has sent, and nobody holds a thread while it runs.</summary>
public sealed class DurableReplyTests : IDisposable
{
    private readonly FaultyEngine _engine = new() { Durability = Durability.Disk };

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task A_reply_to_a_write_waits_for_the_sync_and_holds_no_worker()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        await using TestServer server = await TestServer.StartAsync(engine: _engine, threads: 1);
        using RawClient writer = server.ConnectRaw();
        using RawClient other = server.ConnectRaw();
        writer.Send(o => o.Set(2, "key", "value"u8));
        await Eventually.TrueAsync(() => _engine.SyncsBegun == 1);

        // The only worker serves another client meanwhile, who sees the write.
        Assert.Equal("value"u8, other.Ask(o => o.Get(2, "key")).Body);
        Assert.Equal(0, writer.Socket.Available);
        sync.SetResult();
        Assert.Equal(ReplyStatus.Ok, writer.Read().Status);
    }

    [Fact]
    public async Task One_sync_covers_all_that_arrived_while_another_ran()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        await using TestServer server = await TestServer.StartAsync(engine: _engine);
        using RawClient client = server.ConnectRaw();
        client.Send(o => o.Set(2, "key", "first"u8));
        await Eventually.TrueAsync(() => _engine.SyncsBegun == 1);
        client.Send(o =>
        {
            for (uint id = 3; id < 103; id++)
            {
                o.Set(id, $"key-{id}", "value"u8);
                o.Get(id, $"key-{id}");
            }
        });

        sync.SetResult();
        Assert.Equal(ReplyStatus.Ok, client.Read().Status);
        for (uint id = 3; id < 103; id++)
        {
            Assert.Equal((id, ReplyStatus.Ok), Heard(client.Read()));
            RawReply read = client.Read();
            Assert.Equal(id, read.Header.RequestId);
            Assert.Equal("value"u8, read.Body);
        }

        // It may all have arrived in several pieces, but not in a hundred.
        Assert.InRange(_engine.SyncsBegun, 2, 10);
    }

    [Fact]
    public async Task A_sync_that_fails_is_the_answer_to_each_write_and_to_no_read()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        await using TestServer server = await TestServer.StartAsync(engine: _engine);
        using RawClient client = server.ConnectRaw();
        client.Send(o =>
        {
            o.Get(2, "missing");
            o.Set(3, "key", "value"u8);
            o.Get(4, "key");
            o.Set(5, "other", "value"u8);
            o.Ping(6);
        });
        await Eventually.TrueAsync(() => _engine.SyncsBegun == 1);
        sync.SetException(new KvsWriteException("The disk is gone.", isFinal: true));
        Assert.Equal((2u, ReplyStatus.NotFound), Heard(client.Read()));
        Assert.Equal((3u, ReplyStatus.WritesStopped), Heard(client.Read()));
        RawReply read = client.Read();
        Assert.Equal((4u, ReplyStatus.Ok), Heard(read));
        Assert.Equal("value"u8, read.Body);
        RawReply refused = client.Read();
        Assert.Equal((5u, ReplyStatus.WritesStopped), Heard(refused));
        Assert.Equal("The disk is gone.", Encoding.UTF8.GetString(refused.Body));
        Assert.Equal((6u, ReplyStatus.Ok), Heard(client.Read()));
        Assert.Equal("value"u8, client.Ask(o => o.Get(7, "key")).Body);
    }

    [Fact]
    public async Task The_results_of_a_batch_wait_for_one_sync()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        await using TestServer server = await TestServer.StartAsync(engine: _engine, threads: 1);
        using RawClient client = server.ConnectRaw();
        using RawClient other = server.ConnectRaw();
        var batch = new BatchRequest();
        for (int i = 0; i < 1_000; i++)
        {
            batch.Set("key"u8, "value"u8);
            batch.Get("key"u8);
        }

        client.Send(batch.ToFrame(9).Span);
        await Eventually.TrueAsync(() => _engine.SyncsBegun == 1);
        Assert.Equal("value"u8, other.Ask(o => o.Get(2, "key")).Body);
        Assert.Equal(0, client.Socket.Available);
        sync.SetResult();
        Assert.Equal(2_000, client.ReadResults(9).Count);
        Assert.Equal(1, _engine.SyncsBegun);
    }

    [Fact]
    public async Task A_sync_that_fails_is_the_result_of_each_write_of_a_batch_and_of_no_read()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        await using TestServer server = await TestServer.StartAsync(engine: _engine);
        using RawClient client = server.ConnectRaw();
        var batch = new BatchRequest();
        batch.Get("missing"u8);
        batch.Set("key"u8, "value"u8);
        batch.Get("key"u8);
        batch.Set("big"u8, new byte[100_000]);
        batch.Get("big"u8);
        batch.Increment("number"u8, 1);
        batch.Remove("missing"u8);
        client.Send(batch.ToFrame(9).Span);
        await Eventually.TrueAsync(() => _engine.SyncsBegun == 1);
        sync.SetException(new KvsWriteException("The disk is gone.", isFinal: true));
        Assert.Equal(
            [
                (ReplyStatus.NotFound, 0), (ReplyStatus.WritesStopped, 17), (ReplyStatus.Ok, 5),
                (ReplyStatus.WritesStopped, 17), (ReplyStatus.Ok, 100_000), (ReplyStatus.WritesStopped, 17),
                (ReplyStatus.NotFound, 0),
            ],
            client.ReadResults(9).Select(result => (result.Status, result.Value.Length)));
        Assert.Equal("value"u8, client.Ask(o => o.Get(2, "key")).Body);
    }

    [Fact]
    public async Task A_request_says_for_itself_whether_it_waits_for_the_disk()
    {
        await using TestServer server = await TestServer.StartAsync(engine: _engine);
        using RawClient client = server.ConnectRaw();
        var process = new RequestFields(RequestFlags.Durability, Durability.Process);
        client.Send(o =>
        {
            RequestWriter.WriteRemove(o, 2, "a"u8, process);
            RequestWriter.WriteIncrement(o, 3, "a"u8, 1, process);
        });
        Assert.Equal((2u, ReplyStatus.NotFound), Heard(client.Read()));
        Assert.Equal((3u, ReplyStatus.Ok), Heard(client.Read()));
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8, process);
        client.Execute(batch);
        client.Ask(batch.ToFrame(4, Operation.AtomicBatch, Durability.Interval));
        client.Ask(batch.ToFrame(5, Operation.Batch, Durability.Process));
        Assert.Equal(0, _engine.SyncsBegun);
    }

    [Fact]
    public async Task A_request_may_wait_for_the_disk_where_others_do_not()
    {
        using var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine);
        using RawClient client = server.ConnectRaw();
        var disk = new RequestFields(RequestFlags.Durability, Durability.Disk);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => o.Set(2, "a", "1"u8)).Status);
        Assert.Equal(0, engine.SyncsBegun);
        Assert.Equal(ReplyStatus.Ok, client.Ask(o => RequestWriter.WriteRemove(o, 3, "a"u8, disk)).Status);
        Assert.Equal(1, engine.SyncsBegun);
        var batch = new BatchRequest();
        batch.Set("a"u8, "1"u8);
        batch.Set("a"u8, "1"u8, disk);
        client.Execute(batch);
        Assert.Equal(2, engine.SyncsBegun);
        batch.Clear();
        batch.Set("a"u8, "1"u8);
        client.Ask(batch.ToFrame(4, Operation.Batch, Durability.Disk));
        Assert.Equal(3, engine.SyncsBegun);
        client.Ask(batch.ToFrame(5, Operation.AtomicBatch, Durability.Disk));
        Assert.Equal(4, engine.SyncsBegun);
    }

    private static (uint Id, ReplyStatus Status) Heard(RawReply reply) => (reply.Header.RequestId, reply.Status);
}
