using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The destination of a get is the caller's code, called in the middle of the operation.</summary>
public sealed class CallbackTests
{
    /// <summary>A write in it once waited for a commit, which waited for the get that the write was a part
    /// of.</summary>
    [Fact]
    public void A_destination_may_read_from_the_store_and_is_told_that_it_cannot_write()
    {
        using var files = new SimulatedFiles();
        using KvStore store = KvStore.Open("/store", new KvStoreOptions
        {
            FileSystem = files,
            Durability = Durability.Disk,
        });
        store.Set("outer", "value");
        store.Set("inner", "read");
        string? read = null;
        Assert.True(store.TryGet("outer"u8, new CallbackBuffer(() => read = store.GetString("inner"))));
        Assert.Equal("read", read);

        Action[] forbidden = [() => store.Set("inner", "x"), () => store.Remove("inner"), store.Flush, store.Dispose];
        foreach (Action action in forbidden)
        {
            Assert.Throws<InvalidOperationException>(() => store.TryGet("outer"u8, new CallbackBuffer(action)));
        }

        // And nothing of it has stayed behind.
        store.Set("outer", "other");
        Assert.Equal("other", store.GetString("outer"));
    }
}
