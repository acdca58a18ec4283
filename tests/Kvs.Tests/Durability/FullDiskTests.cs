using System.Globalization;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A full disk ends writes with a clear error and nothing else: reads go on, writes succeed again once there
/// is room, and what was acknowledged is there whenever the store is opened.</summary>
public sealed class FullDiskTests
{
    private const int ValueBytes = 1000;
    private const long Capacity = 5 * SmallStore.SegmentBytes;

    // Four segments fit beside the small files, which would hold 180 if there were no commit records.
    private const int LeastWrites = 150;

    /// <summary>Once, a write failed while there was room: the last segment had been made for it, a commit record was
    /// the first to take it, and all the write saw was that the one after it could not be made.</summary>
    [Theory]
    [InlineData(Durability.Process)]
    [InlineData(Durability.Interval)]
    [InlineData(Durability.Disk)]
    public void Writes_fail_until_there_is_room_again_and_reads_go_on(Durability durability)
    {
        using var files = new SimulatedFiles { CapacityBytes = Capacity };
        int first, second;
        using (KvStore store = SmallStore.Open(files, durability))
        {
            first = FillUp(store, 0);
            AssertHolds(store, first);
            Assert.True(first >= LeastWrites, $"{first} writes in {Capacity} bytes");
            Assert.Throws<KvsWriteException>(() => store.Set("another", new string('x', ValueBytes)));

            files.CapacityBytes += Capacity;
            second = FillUp(store, first);
            Assert.True(second > first + 10, $"{second} after {first} writes");
            files.CapacityBytes += Capacity;
        }

        AssertReopens(files, second);
    }

    [Theory]
    [InlineData(Durability.Process)]
    [InlineData(Durability.Disk)]
    public void A_store_that_was_left_on_a_full_disk_opens_when_there_is_room(Durability durability)
    {
        using var files = new SimulatedFiles { CapacityBytes = Capacity };
        KvStore store = SmallStore.Open(files, durability);
        int written = FillUp(store, 0);
        using SimulatedFiles killed = files.CrashProcess();
        using SimulatedFiles cut = files.CrashPower(PowerCut.DropUnsynced);

        // No byte is left, not even for the manifest that closing writes.
        files.CapacityBytes = 0;
        Assert.Throws<KvsWriteException>(store.Dispose);
        Assert.Throws<KvsFolderException>(() => SmallStore.Open(files));

        files.CapacityBytes = killed.CapacityBytes = cut.CapacityBytes = long.MaxValue;
        AssertReopens(files, written);
        AssertReopens(killed, written);

        // At the level Process nothing was promised for a power cut but that the store opens.
        AssertReopens(cut, durability == Durability.Disk ? written : 0);
    }

    [Fact]
    public void A_record_that_needs_a_segment_of_its_own_fails_alone()
    {
        using var files = new SimulatedFiles { CapacityBytes = Capacity };
        using (KvStore store = SmallStore.Open(files))
        {
            var error = Assert.Throws<KvsWriteException>(() => store.Set("large", new byte[Capacity]));
            Assert.False(error.IsFinal);
            Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
            store.Set("small", "value");
            Assert.Equal("value", store.GetString("small"));
            Assert.Null(store.GetString("large"));
        }

        Assert.DoesNotContain(files.List(SmallStore.Folder), name => name.EndsWith(".new", StringComparison.Ordinal));
    }

    /// <summary>Sets keys until that fails; returns how many there are. A write that failed may be in the store, but
    /// need not be durable.</summary>
    private static int FillUp(KvStore store, int written)
    {
        while (true)
        {
            try
            {
                store.Set(Key(written), Value(written));
                written++;
            }
            catch (KvsWriteException e)
            {
                Assert.False(e.IsFinal);
                Assert.Contains("No space left", e.Message, StringComparison.Ordinal);
                return written;
            }
        }
    }

    private static void AssertReopens(SimulatedFiles files, int written)
    {
        using KvStore store = SmallStore.Open(files);
        AssertHolds(store, written);
    }

    private static void AssertHolds(KvStore store, int written)
    {
        for (int number = 0; number < written; number++)
        {
            Assert.Equal(Value(number), store.GetString(Key(number)));
        }
    }

    private static string Key(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Value(int number) => Key(number).PadRight(ValueBytes, '.');
}
