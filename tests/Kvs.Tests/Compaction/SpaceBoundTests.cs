using System.Diagnostics;
using System.Globalization;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>With the default settings, the files of a store take at no moment of any workload more than 1.5 times the
/// live data, and some segments; and where data goes, the files do.</summary>
/// <remarks>
/// Short here, so that the segments that stand beside the data weigh much. KVS_TEST_SECONDS=60 makes them what the
/// promise was written for: a minute of overwriting, a million keys.
/// </remarks>
public sealed class SpaceBoundTests(ITestOutputHelper output) : IDisposable
{
    private const int ValueBytes = 100;

    /// <summary>A record of these keys and values, and its entry in a footer.</summary>
    private const long LiveBytesPerKey = 32 + 16 + ValueBytes + 4 + 24;

    /// <summary>The six that the store allows itself, one that is made meanwhile, and those that commits and copies go
    /// to before others are given back.</summary>
    private const int SegmentsBeside = 10;

    /// <summary>The marker and the manifest.</summary>
    private const long EmptyBytes = 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-test-").FullName;
    private long _highestBytes;
    private long _largestFileBytes;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool IsFull => TestDuration.Longer(TimeSpan.Zero) >= TimeSpan.FromMinutes(1);

    private static int ManyKeys => IsFull ? 1_000_000 : 60_000;

    [Fact]
    public void Few_keys_overwritten_without_end()
    {
        const int Keys = 1_000;
        TimeSpan duration = TestDuration.Longer(TimeSpan.FromSeconds(3));
        using KvStore store = Open();
        Watch(Keys, () =>
        {
            long start = Stopwatch.GetTimestamp();
            ThreadGroup.Run(2, thread =>
            {
                for (int number = 0; Stopwatch.GetElapsedTime(start) < duration; number++)
                {
                    store.Set(Key(((number * 2) + thread) % Keys), new byte[ValueBytes]);
                }
            });
        });
        AwaitShrinking(store, Keys);
    }

    [Fact]
    public void Many_keys_overwritten_at_random_ten_times_over()
    {
        int seed = TestSeed.Choose(output.WriteLine);
        using KvStore store = Open();
        Watch(ManyKeys, () =>
        {
            Fill(store);
            ThreadGroup.Run(2, thread =>
            {
                var random = new Random(seed + thread);
                for (int write = 0; write < ManyKeys * 5; write++)
                {
                    store.Set(Key(random.Next(ManyKeys)), new byte[ValueBytes]);
                }
            });
        });
        Assert.Equal(ManyKeys, store.Statistics.Keys);
        AwaitShrinking(store, ManyKeys);
    }

    [Fact]
    public void All_keys_removed()
    {
        using KvStore store = Open();
        Watch(ManyKeys, () =>
        {
            Fill(store);
            for (int key = 0; key < ManyKeys; key++)
            {
                Assert.True(store.Remove(Key(key)));
            }
        });
        AwaitShrinking(store, keys: 0);
    }

    [Fact]
    public void All_keys_expired()
    {
        var clock = new HandDrivenClock();
        using KvStore store = Open(clock);
        Watch(ManyKeys, () =>
        {
            Fill(store, TimeSpan.FromHours(1));
            clock.Advance(TimeSpan.FromHours(2));
        });
        AwaitShrinking(store, keys: 0);
    }

    private KvStore Open(TimeProvider? clock = null) =>
        KvStore.Open(_folder, new KvStoreOptions { Clock = clock ?? TimeProvider.System });

    private static void Fill(KvStore store, TimeSpan? expiresIn = null)
    {
        for (int key = 0; key < ManyKeys; key++)
        {
            store.TrySet(Key(key), new byte[ValueBytes], new WriteOptions { ExpiresIn = expiresIn });
        }
    }

    /// <summary>Does something, and measures the folder all the while.</summary>
    /// <param name="mostKeys">The most keys that are there meanwhile.</param>
    /// <param name="act">What is done.</param>
    private void Watch(int mostKeys, Action act)
    {
        ThreadGroup.RunBeside(act, 1, (_, _) =>
        {
            Measure();
            Thread.Sleep(5);
        });
        output.WriteLine($"At most {_highestBytes} bytes; the largest file had {_largestFileBytes}.");
        Assert.InRange(_highestBytes, 1, BoundOf(mostKeys, SegmentsBeside));
    }

    /// <summary>What is garbage now goes while nobody writes any more.</summary>
    private void AwaitShrinking(KvStore store, int keys)
    {
        Assert.True(
            SpinWait.SpinUntil(
                () => store.Statistics.Keys == keys && Measure() <= BoundOf(keys, SegmentsBeside), s_patience),
            $"{Measure()} bytes for {keys} keys, and {BoundOf(keys, SegmentsBeside)} would be enough");
        store.Dispose();
        long closed = Measure();
        output.WriteLine($"Closed, {closed} bytes for {keys} keys.");

        // Closing waits for no compaction, so what is left is within the same bound; but of nothing, nothing.
        Assert.InRange(closed, 1, keys == 0 ? EmptyBytes : BoundOf(keys, SegmentsBeside));
    }

    private long BoundOf(int keys, int segments) => (keys * LiveBytesPerKey * 3 / 2) + (segments * _largestFileBytes);

    /// <summary>Bytes of all files in the folder now.</summary>
    private long Measure()
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles())
        {
            try
            {
                bytes += file.Length;
                _largestFileBytes = Math.Max(_largestFileBytes, file.Length);
            }
            catch (FileNotFoundException)
            {
                // It went between the listing and the look.
            }
        }

        _highestBytes = Math.Max(_highestBytes, bytes);
        return bytes;
    }

    private static byte[] Key(int number) =>
        System.Text.Encoding.ASCII.GetBytes(number.ToString("D16", CultureInfo.InvariantCulture));
}
