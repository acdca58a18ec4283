using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.RocksDb.Rows;

namespace Kvs.RocksDb.Native;

/// <summary>Lets RocksDB leave out what has expired when it merges tables, so that its space is won back.</summary>
/// <remarks>RocksDB calls it from threads of its own. Where an older row of the key may lie in another table, it leaves
/// a removal in the place of what it drops, so that nothing comes back.</remarks>
internal sealed unsafe class ExpiredRowFilter : IDisposable
{
    private GCHandle _clock;

    internal ExpiredRowFilter(TimeProvider clock)
    {
        _clock = GCHandle.Alloc(clock);
        Handle = RocksDbLibrary.CreateCompactionFilter((void*)GCHandle.ToIntPtr(_clock), &Destroy, &IsDropped, &Name);
    }

    /// <summary>RocksDB's handle of it.</summary>
    internal nint Handle { get; }

    /// <summary>Ends it. The database that uses it must be closed.</summary>
    public void Dispose()
    {
        RocksDbLibrary.DestroyCompactionFilter(Handle);
        _clock.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsDropped(void* state, int level, byte* key, nuint keyBytes, byte* row, nuint rowBytes,
        byte** newRow, nuint* newRowBytes, byte* isChanged)
    {
        if (!RowKey.IsOne(keyBytes) || rowBytes < StoredRow.HeaderBytes)
        {
            return 0;
        }

        long expiry = StoredRow.ReadExpiry(new ReadOnlySpan<byte>(row, StoredRow.HeaderBytes));
        if (expiry == 0)
        {
            return 0;
        }

        var clock = (TimeProvider)GCHandle.FromIntPtr((nint)state).Target!;
        return expiry <= clock.GetUtcNow().ToUnixTimeMilliseconds() ? (byte)1 : (byte)0;
    }

    // Nothing to end here: Dispose frees the clock.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(void* state)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Name(void* state) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("kvs.expired\0"u8));
}
