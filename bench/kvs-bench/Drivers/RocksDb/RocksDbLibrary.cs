using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Drivers.RocksDb;

/// <summary>The part of RocksDB's C interface that the driver uses (rocksdb/c.h of 7.8). Calls that can fail take a
/// place for a message, which <see cref="Check"/> reads.</summary>
internal static unsafe partial class RocksDbLibrary
{
    internal const int NoCompression = 0;

    /// <summary>Warnings and worse: the log of events is no part of what is measured.</summary>
    internal const int LogWarnings = 2;

    /// <summary>The name of the family of columns that every database has.</summary>
    internal static ReadOnlySpan<byte> DefaultFamily => "default\0"u8;

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_create")]
    internal static partial nint CreateOptions();

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_destroy")]
    internal static partial void DestroyOptions(nint options);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_set_create_if_missing")]
    internal static partial void SetCreateIfMissing(nint options, byte value);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_set_compression")]
    internal static partial void SetCompression(nint options, int compression);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_set_info_log_level")]
    internal static partial void SetLogLevel(nint options, int level);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_increase_parallelism")]
    internal static partial void IncreaseParallelism(nint options, int threads);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_options_optimize_for_point_lookup")]
    internal static partial void OptimizeForPointLookup(nint options, ulong blockCacheMiB);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_readoptions_create")]
    internal static partial nint CreateReadOptions();

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_readoptions_destroy")]
    internal static partial void DestroyReadOptions(nint options);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writeoptions_create")]
    internal static partial nint CreateWriteOptions();

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writeoptions_destroy")]
    internal static partial void DestroyWriteOptions(nint options);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writeoptions_set_sync")]
    internal static partial void SetSync(nint options, byte value);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_open_column_families",
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint Open(nint options, string path, int families, byte** names, nint* familyOptions,
        nint* handles, byte** error);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_column_family_handle_destroy")]
    internal static partial void DestroyFamily(nint family);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_close")]
    internal static partial void Close(nint database);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_property_int",
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetProperty(nint database, string name, out ulong value);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_flush_wal")]
    internal static partial void FlushLog(nint database, byte sync, byte** error);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_put")]
    internal static partial void Put(nint database, nint options, byte* key, nuint keyBytes, byte* value,
        nuint valueBytes, byte** error);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_get_pinned")]
    internal static partial nint Get(nint database, nint options, byte* key, nuint keyBytes, byte** error);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_batched_multi_get_cf")]
    internal static partial void GetMany(nint database, nint options, nint family, nuint count, byte** keys,
        nuint* keyBytes, nint* values, byte** errors, byte isSorted);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_pinnableslice_value")]
    internal static partial byte* GetValue(nint pinned, out nuint bytes);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_pinnableslice_destroy")]
    internal static partial void DestroyPinned(nint pinned);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writebatch_create")]
    internal static partial nint CreateBatch();

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writebatch_destroy")]
    internal static partial void DestroyBatch(nint batch);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writebatch_clear")]
    internal static partial void ClearBatch(nint batch);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_writebatch_put")]
    internal static partial void AddPut(nint batch, byte* key, nuint keyBytes, byte* value, nuint valueBytes);

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_write")]
    internal static partial void Write(nint database, nint options, nint batch, byte** error);

    /// <summary>Throws where a call has left a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(byte* error)
    {
        if (error != null)
        {
            Fail(error);
        }
    }

    private static void Fail(byte* error)
    {
        string? message = Marshal.PtrToStringUTF8((nint)error);
        Free(error);
        throw new ProgramException($"rocksdb: {message}.");
    }

    [LibraryImport(PeerLibraries.RocksDb, EntryPoint = "rocksdb_free")]
    private static partial void Free(byte* memory);
}
