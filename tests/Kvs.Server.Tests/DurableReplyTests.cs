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

    private static (uint Id, ReplyStatus Status) Heard(RawReply reply) => (reply.Header.RequestId, reply.Status);
}
