using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The end of a store: when its folder is free, nothing of it goes on.</summary>
public sealed class ClosingTests
{
    private const string Folder = "/store";

    /// <summary>A writer that made a segment of its own for a large value was in no epoch meanwhile. Closing did not
    /// wait for it, and it went on in the folder of the next store, whose segment it replaced.</summary>
    [Fact]
    public void Closing_waits_for_a_large_write_that_is_making_its_segment()
    {
        using var files = new SimulatedFiles();
        using var reached = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        KvStore store = Open(files);
        store.Set("small", "value");
        var writer = new Thread(() =>
            Assert.Throws<ObjectDisposedException>(() => store.Set("large"u8, new byte[100_000])));
        files.BeforeOperation = operation =>
        {
            if (operation.Kind == FileOperation.Create && Thread.CurrentThread == writer)
            {
                reached.Set();
                mayGoOn.Wait();
            }
        };
        writer.Start();
        reached.Wait();
        var closer = new Thread(store.Dispose);
        closer.Start();
        Assert.False(closer.Join(TimeSpan.FromMilliseconds(200)));
        Assert.Throws<KvsFolderException>(() => Open(files));

        mayGoOn.Set();
        writer.Join();
        closer.Join();
        files.BeforeOperation = null;
        using KvStore reopened = Open(files);
        Assert.Equal("value", reopened.GetString("small"));
        Assert.False(reopened.Contains("large"));
    }

    [Fact]
    public void A_closed_store_leaves_no_thread()
    {
        using var files = new SimulatedFiles();
        for (int i = 0; i < 50; i++)
        {
            using KvStore store = Open(files);
            store.Set("key", $"{i}");
        }

        string[] names = [.. Directory.EnumerateDirectories("/proc/self/task").Select(NameOf)];

        // Other tests have stores open at the same time; fifty times three threads would be these.
        Assert.InRange(names.Count(name => name.StartsWith("kvs ", StringComparison.Ordinal)), 0, 100);
    }

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return "";
        }
    }

    private static KvStore Open(SimulatedFiles files) => KvStore.Open(Folder, new KvStoreOptions
    {
        FileSystem = files,
        SegmentBytes = 64 * 1024,
        FirstSegmentBytes = 64 * 1024,
    });
}
