using System.Net;
using System.Text;
using Kvs.Client;
using Kvs.Protocol;
using Kvs.Protocol.Binary;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>Several servers, each with its part of the keys: routed, split and put together again, and one that is dead
/// costs its own keys only.</summary>
public class ClusterTests
{
    private static readonly KvsClientOptions Impatient = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        MaxReconnectPause = TimeSpan.FromMilliseconds(50),
    };

    [Fact]
    public void Slots_are_cut_evenly_in_the_order_of_the_list()
    {
        // Slot 12739 of 16384 (as a Redis cluster has it) and slot 0.
        Assert.Equal(12739, KeySlot.Of("123456789"u8));
        Assert.Equal(0, SlotMap.OwnerOf("123456789"u8, 1));
        Assert.Equal(1, SlotMap.OwnerOf("123456789"u8, 2));
        Assert.Equal(2, SlotMap.OwnerOf("123456789"u8, 3));
        Assert.Equal(7, SlotMap.OwnerOf("123456789"u8, 10));
        for (int servers = 1; servers <= 5; servers++)
        {
            int[] keys = new int[servers];
            for (int i = 0; i < 20_000; i++)
            {
                keys[SlotMap.OwnerOf(Encoding.UTF8.GetBytes($"key{i}"), servers)]++;
            }

            Assert.All(keys, count => Assert.InRange(count, 0.9 * 20_000 / servers, 1.1 * 20_000 / servers));
        }
    }

    [Fact]
    public async Task Each_key_is_with_its_owner_and_batches_come_back_in_order()
    {
        await using TestServer first = await TestServer.StartAsync();
        await using TestServer second = await TestServer.StartAsync();
        await using TestServer third = await TestServer.StartAsync();
        TestServer[] servers = [first, second, third];
        await using KvsCluster cluster = await KvsCluster.ConnectAsync([.. servers.Select(s => s.EndPoint)]);
        await cluster.PingAsync();
        var batch = new KvsBatch();
        for (int i = 0; i < 9_000; i++)
        {
            batch.Set(Encoding.UTF8.GetBytes($"key{i}"), Encoding.UTF8.GetBytes($"value{i}"));
            batch.Get(Encoding.UTF8.GetBytes($"key{i / 2}"));
        }

        IReadOnlyList<KvsResult> results = await cluster.ExecuteAsync(batch);
        Assert.Equal(18_000, results.Count);
        for (int i = 0; i < 9_000; i++)
        {
            Assert.True(results[2 * i].IsDone);
            Assert.Equal($"value{i / 2}", Encoding.UTF8.GetString(results[(2 * i) + 1].Value.Span));
            Assert.Equal($"value{i}", await cluster.GetStringAsync($"key{i}"));
        }

        Assert.Equal(9_000, await cluster.ScanAsync(keysOnly: true).CountAsync());
        for (int i = 0; i < servers.Length; i++)
        {
            int owner = i;
            Assert.InRange(servers[i].Engine.GetStatistics().Keys, 2_500, 3_500);
            Assert.All(servers[i].Engine.ScanKeys(), key => Assert.Equal(owner, SlotMap.OwnerOf(key.Span, 3)));
        }

        var whole = new WriteBatch();
        whole.Set("{user1}.name", "a");
        whole.Set("{user1}.mail", "b");
        await cluster.WriteAsync(whole);
        Assert.Equal("b", await cluster.GetStringAsync("{user1}.mail"));
        for (int i = 0; i < 20; i++)
        {
            whole.Set($"other{i}", "c");
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await cluster.WriteAsync(whole));
    }

    [Fact]
    public async Task A_dead_server_fails_its_own_keys_and_no_others()
    {
        await using TestServer live = await TestServer.StartAsync();
        TestServer dead = await TestServer.StartAsync();
        await using KvsCluster cluster = await KvsCluster.ConnectAsync([live.EndPoint, dead.EndPoint], Impatient);
        await dead.DisposeAsync();
        await Eventually.TrueAsync(() => !cluster.Servers[1].IsConnected);
        var batch = new KvsBatch();
        for (int i = 0; i < 100; i++)
        {
            batch.Set(Encoding.UTF8.GetBytes($"key{i}"), "value"u8);
        }

        IReadOnlyList<KvsResult> results = await cluster.ExecuteAsync(batch);
        for (int i = 0; i < 100; i++)
        {
            bool isAlive = SlotMap.OwnerOf(Encoding.UTF8.GetBytes($"key{i}"), 2) == 0;
            Assert.Equal(isAlive, results[i].IsDone);
            Assert.Equal(isAlive, results[i].Error is null);
            if (!isAlive)
            {
                Assert.False(Assert.Throws<KvsConnectionException>(results[i].ThrowIfError).OutcomeUnknown);
            }
        }
    }

    [Fact]
    public async Task A_batch_of_which_one_part_is_too_long_is_not_sent_at_all()
    {
        await using TestServer first = await StartSmallAsync();
        await using TestServer second = await StartSmallAsync();
        await using KvsCluster cluster = await KvsCluster.ConnectAsync([first.EndPoint, second.EndPoint]);
        await Assert.ThrowsAsync<KvsLimitException>(async () => await cluster.ExecuteAsync(LopsidedBatch()));
        Assert.Equal(0, first.Engine.GetStatistics().Keys + second.Engine.GetStatistics().Keys);
        await cluster.PingAsync();
    }

    [Fact]
    public async Task A_part_that_is_too_long_for_a_server_that_comes_later_fails_and_no_other()
    {
        await using TestServer first = await StartSmallAsync();
        TestServer second = await StartSmallAsync();
        IPEndPoint later = second.EndPoint;
        await second.DisposeAsync();
        await using KvsCluster cluster = await KvsCluster.ConnectAsync(
            [first.EndPoint, later], Impatient with { ConnectTimeout = TimeSpan.FromSeconds(60) });
        Task<IReadOnlyList<KvsResult>> executing = cluster.ExecuteAsync(LopsidedBatch()).AsTask();
        await using TestServer again = await StartSmallAsync(later);
        IReadOnlyList<KvsResult> results = await executing;
        Assert.All(results, (result, i) =>
        {
            bool isOfFirst = i % 2 == 0;
            Assert.Equal((isOfFirst, !isOfFirst), (result.IsDone, result.Error is KvsLimitException));
        });
    }

    [Fact]
    public async Task A_cluster_begins_without_a_server_that_is_not_there_and_not_without_all()
    {
        await using TestServer live = await TestServer.StartAsync();
        TestServer dead = await TestServer.StartAsync();
        IPEndPoint gone = dead.EndPoint;
        await dead.DisposeAsync();
        await using (KvsCluster cluster = await KvsCluster.ConnectAsync([live.EndPoint, gone], Impatient))
        {
            Assert.Equal([true, false], cluster.Servers.Select(server => server.IsConnected));
        }

        await Assert.ThrowsAsync<KvsConnectionException>(() => KvsCluster.ConnectAsync([gone], Impatient));
        await Assert.ThrowsAsync<ArgumentException>(() => KvsCluster.ConnectAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(
            () => KvsCluster.ConnectAsync([live.EndPoint, live.EndPoint], Impatient));
    }

    private static Task<TestServer> StartSmallAsync(IPEndPoint? endPoint = null) => TestServer.StartAsync(
        engine: new Memory.MemoryEngine(new Limits { MaxValueBytes = BinaryProtocol.MinMaxRequestBytes / 2 }),
        endPoint: endPoint);

    /// <summary>Little for the first of two servers, and for the second more than it reads at once.</summary>
    private static KvsBatch LopsidedBatch()
    {
        byte[] ofFirst = Encoding.UTF8.GetBytes(
            Enumerable.Range(0, 100).Select(i => $"key{i}").First(key => IsOfFirst(key)));
        byte[] ofSecond = Encoding.UTF8.GetBytes(
            Enumerable.Range(0, 100).Select(i => $"key{i}").First(key => !IsOfFirst(key)));
        var batch = new KvsBatch();
        for (int i = 0; i < 3; i++)
        {
            batch.Set(ofFirst, "value"u8);
            batch.Set(ofSecond, new byte[BinaryProtocol.MinMaxRequestBytes / 2]);
        }

        return batch;
        static bool IsOfFirst(string key) => SlotMap.OwnerOf(Encoding.UTF8.GetBytes(key), 2) == 0;
    }
}
