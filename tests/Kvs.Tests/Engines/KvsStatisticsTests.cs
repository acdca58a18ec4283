using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>What a store says of itself.</summary>
public sealed class KvsStatisticsTests
{
    /// <summary>Records in chunks that were not full were once counted when they were replaced and not when they were
    /// written: a new store had less than nothing.</summary>
    [Fact]
    public void Live_bytes_are_those_of_the_records_that_count()
    {
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open("/store", new KvStoreOptions { FileSystem = files });
        Assert.Equal(0, store.GetStatistics().LiveBytes);

        // A header of 32 bytes, a key of 1, a value of 7.
        store.Set("a"u8, "1234567"u8);
        Assert.Equal(40, store.GetStatistics().LiveBytes);
        store.Set("a"u8, "7654321"u8);
        Assert.Equal(40, store.GetStatistics().LiveBytes);
        store.Set("b"u8, "1234567"u8);
        Assert.Equal(80, store.GetStatistics().LiveBytes);
    }
}
