using System.Globalization;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The folder goes, or cannot be written any more, while a store is open: reads go on, writes end with an
/// error of ours, and nothing hangs or falls over.</summary>
public sealed class TroubledFolderTests
{
    private const int MostWrites = 100_000;

    [Fact]
    public void A_folder_that_vanishes_ends_writes_and_not_reads()
    {
        string folder = Directory.CreateTempSubdirectory("kvs-test-").FullName;
        KvStore store = KvStore.Open(folder, new KvStoreOptions
        {
            SegmentBytes = SmallStore.SegmentBytes,
            FirstSegmentBytes = SmallStore.SegmentBytes,
            SyncInterval = TimeSpan.FromMilliseconds(10),
        });
        int before = Write(store, 0, 200);

        // As one step: the store makes files there while others are removed.
        string elsewhere = folder + "-gone";
        Directory.Move(folder, elsewhere);
        int written = WriteUntilItFails(store, before);
        AssertHolds(store, written);
        Assert.ThrowsAny<KvsException>(store.Dispose);

        // A new store may be made in its place.
        using (KvStore another = KvStore.Open(folder))
        {
            Assert.Equal(0, another.Statistics.Keys);
            another.Set("key", "value");
        }

        Directory.Delete(folder, recursive: true);
        Directory.Delete(elsewhere, recursive: true);
    }

    [Theory]
    [InlineData(Durability.Process)]
    [InlineData(Durability.Disk)]
    public void A_folder_that_turns_read_only_ends_writes_and_not_reads_and_loses_nothing(Durability durability)
    {
        using var files = new SimulatedFiles();
        KvStore store = SmallStore.Open(files, durability);
        int before = Write(store, 0, 50);
        files.Inject(new SimulatedFault
        {
            Matches = operation =>
                operation.Kind is not (FileOperation.Open or FileOperation.Map or FileOperation.List),
            Repeats = true,
            Error = SimulatedFault.ReadOnlyFileSystem,
        });
        int written = WriteUntilItFails(store, before);
        AssertHolds(store, written);
        Assert.ThrowsAny<KvsException>(store.Dispose);
        Assert.Throws<KvsFolderException>(() => SmallStore.Open(files));

        files.ClearFaults();
        using KvStore reopened = SmallStore.Open(files);
        AssertHolds(reopened, written);
    }

    private static int WriteUntilItFails(KvStore store, int written)
    {
        try
        {
            written = Write(store, written, MostWrites);
            Assert.Fail("Writes went on for ever.");
        }
        catch (WriteStopped stopped)
        {
            written = stopped.Written;
        }

        return written;
    }

    /// <summary>Writes keys up to a number; returns how many there are.</summary>
    private static int Write(KvStore store, int from, int to)
    {
        for (int number = from; number < to; number++)
        {
            try
            {
                store.Set(Key(number), Value(number));
            }
            catch (KvsWriteException e)
            {
                throw new WriteStopped(number, e);
            }
        }

        return to;
    }

    private static void AssertHolds(KvStore store, int written)
    {
        for (int number = 0; number < written; number++)
        {
            Assert.Equal(Value(number), store.GetString(Key(number)));
        }
    }

    private static string Key(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Value(int number) => Key(number).PadRight(500, '.');

    private sealed class WriteStopped(int written, Exception why) : Exception(why.Message, why)
    {
        internal int Written => written;
    }
}
