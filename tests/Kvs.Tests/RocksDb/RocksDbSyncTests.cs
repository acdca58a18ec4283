using System.Collections.Concurrent;
using Kvs.RocksDb;

namespace Kvs.Tests;

/// <summary>When the engine <c>rocksdb</c> syncs, and what a sync that fails means.</summary>
public sealed class RocksDbSyncTests : IDisposable
{
    private static readonly TimeSpan s_hangs = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("kvs-test-").FullName;
    private readonly ConcurrentQueue<string> _log = new();

    public RocksDbSyncTests()
    {
        try
        {
            RocksDbUnderTest.SkipWithoutLibrary();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(Durability.Interval, null)]
    [InlineData(Durability.Process, Durability.Interval)]
    public void A_write_at_interval_is_synced_without_being_asked(Durability ofStore, Durability? ofWrite)
    {
        using RocksDbEngine engine = Open(ofStore);
        using var synced = new ManualResetEventSlim();
        engine.BeforeSync = synced.Set;
        engine.TrySet("key", "value", new WriteOptions { Durability = ofWrite });
        Assert.True(synced.Wait(s_hangs), "No sync came.");
    }

    [Fact]
    public async Task A_flush_is_answered_by_a_sync_that_began_after_it()
    {
        using RocksDbEngine engine = Open(Durability.Process);
        using var began = new SemaphoreSlim(0);
        using var goesOn = new SemaphoreSlim(0);
        int syncs = 0;
        engine.BeforeSync = () =>
        {
            syncs++;
            began.Release();
            _ = goesOn.Wait(s_hangs);
        };
        try
        {
            Task first = engine.FlushAsync().AsTask();
            Assert.True(await began.WaitAsync(s_hangs), "No sync came.");
            Task[] others = [.. Enumerable.Range(0, 10).Select(_ => engine.FlushAsync().AsTask())];
            goesOn.Release();
            await first.WaitAsync(s_hangs);
            Assert.True(await began.WaitAsync(s_hangs), "No second sync came.");
            Assert.All(others, other => Assert.False(other.IsCompleted));
            goesOn.Release();
            await Task.WhenAll(others).WaitAsync(s_hangs);
            Assert.Equal(2, syncs);
        }
        finally
        {
            // Closing syncs once more.
            engine.BeforeSync = null;
            goesOn.Release();
        }
    }

    [Fact]
    public async Task After_a_failed_sync_no_write_is_taken_reads_go_on_and_opening_again_brings_everything()
    {
        RocksDbEngine engine = Open(Durability.Process);
        engine.Set("key", "value");
        engine.BeforeSync = () => throw new IOException("The disk is gone.");
        Assert.True(Assert.Throws<KvsWriteException>(engine.Flush).IsFinal);

        // And nothing is tried again, not even a sync that would succeed.
        engine.BeforeSync = null;
        var batch = new WriteBatch();
        batch.Remove("key"u8);
        Action[] writes =
        [
            () => engine.Set("other", "value"),
            () => engine.TrySet("other", "value", new WriteOptions { Durability = Durability.Disk }),
            () => engine.SetMany([new KvsEntry(new byte[1], new byte[1])]),
            () => engine.Remove("key"),
            () => engine.Increment("count"u8, 1),
            () => engine.TryWrite(batch),
            engine.Flush,
        ];
        Assert.All(writes, write =>
        {
            var error = Assert.Throws<KvsWriteException>(write);
            Assert.True(error.IsFinal);
            Assert.Contains("The disk is gone.", error.Message, StringComparison.Ordinal);
        });
        await Assert.ThrowsAsync<KvsWriteException>(async () => await engine.FlushAsync());
        Assert.Equal("value", engine.GetString("key"));
        Assert.Equal(1, engine.GetStatistics().Keys);
        Assert.Contains("The disk is gone.", Assert.Single(_log), StringComparison.Ordinal);
        Assert.Throws<KvsWriteException>(engine.Dispose);

        using RocksDbEngine again = Open(Durability.Process);
        Assert.Equal("value", again.GetString("key"));
        again.Set("other", "value");
    }

    [Fact]
    public void A_sync_that_fails_in_the_background_is_told_to_the_next_write()
    {
        RocksDbEngine engine = Open(Durability.Interval);
        engine.BeforeSync = () => throw new IOException("The disk is gone.");
        engine.Set("key", "value");
        Assert.True(SpinWait.SpinUntil(() => !_log.IsEmpty, s_hangs), "No sync came.");
        Assert.Throws<KvsWriteException>(() => engine.Set("key", "other"));
        Assert.Equal("value", engine.GetString("key"));
        Assert.Throws<KvsWriteException>(engine.Dispose);
    }

    private RocksDbEngine Open(Durability durability) => RocksDbEngine.Open(Path.Combine(_root, "store"),
        new KvStoreOptions
        {
            Durability = durability,
            SyncInterval = TimeSpan.FromMilliseconds(10),
            Log = _log.Enqueue,
        });
}
