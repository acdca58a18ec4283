using System.Diagnostics;
using Kvs.Concurrency;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Of a hundred threads that write the same keys, the slowest has more than half of what each has on average.
/// </summary>
/// <remarks>
/// A share is one of the long run: the processors are shared too. So the threads go on until all have theirs; one that
/// is starved never has.
/// </remarks>
public sealed class WriterFairnessTests(ITestOutputHelper output) : IDisposable
{
    private const int Threads = 100;
    private const int Keys = 4;

    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Each write waits for the disk, so that shares are not those that the system's scheduler
    /// gives.</summary>
    [Fact]
    public void Of_a_hundred_threads_that_write_the_same_keys_none_starves()
    {
        using KvStore store = KvStore.Open(_folder, new KvStoreOptions { Durability = Durability.Disk });
        AssertShares((thread, round) => store.Set($"key-{round % Keys}", "value"));
    }

    /// <summary>The lock of a partition, held so long that all others wait for it, and none for a processor.</summary>
    [Fact]
    public void Of_a_hundred_threads_that_take_the_same_lock_none_starves()
    {
        var holder = new LockHolder();
        AssertShares((_, _) => holder.TakeFor(milliseconds: 1));
    }

    private void AssertShares(Action<int, int> write)
    {
        long[] writes = new long[Threads];
        double share = 0;
        ThreadGroup.RunBeside(AwaitShares, Threads, (thread, round) =>
        {
            write(thread, round);
            Volatile.Write(ref writes[thread], round + 1);
        });
        output.WriteLine($"{writes.Sum()} writes; the slowest thread has {share:P0} of the mean.");
        Assert.True(share > 0.5, $"The slowest of {Threads} threads has {share:P0} of the mean.");

        void AwaitShares()
        {
            long start = Stopwatch.GetTimestamp();
            while (share <= 0.5 && Stopwatch.GetElapsedTime(start) < s_patience)
            {
                Thread.Sleep(s_least);
                share = writes.Min() / Math.Max(1, writes.Average());
            }
        }
    }

    private sealed class LockHolder
    {
        private InlineLock _lock = new();

        internal void TakeFor(int milliseconds)
        {
            _lock.Enter();
            Thread.Sleep(milliseconds);
            _lock.Exit();
        }
    }
}
