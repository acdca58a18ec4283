using System.Reflection;
using System.Runtime.InteropServices;

namespace Kvs.RocksDb.Native;

/// <summary>The part of RocksDB's C interface (rocksdb/c.h) that is used here: what versions 7 to 10 have in common.
/// Calls that can fail take a place for a message, which <see cref="TakeMessage"/> reads.</summary>
/// <remarks>Any thread may call any function, but those of a batch or an iterator belong to one thread at a time.
/// </remarks>
internal static unsafe partial class RocksDbLibrary
{
    internal const int NoCompression = 0;

    /// <summary>Warnings and worse: the log of events would grow with every table that is written.</summary>
    internal const int LogWarnings = 2;

    private const string Name = "rocksdb";
    private const int OldestMajor = 7;
    private const int NewestMajor = 10;
    private const int HighestMinor = 12;

    private static readonly NativeLibrarySearch s_search = new(ListFileNames(), "rocksdb_batched_multi_get_cf");

    static RocksDbLibrary() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
        (name, _, _) => name == Name && s_search.TryLoad(out nint handle, out _) ? handle : 0);

    /// <summary>The name of the family of columns that every database has.</summary>
    internal static ReadOnlySpan<byte> DefaultFamily => "default\0"u8;

    /// <summary>Whether the library is on this machine.</summary>
    internal static bool IsThere => s_search.TryLoad(out _, out _);

    /// <summary>Loads the library and says which file it was.</summary>
    /// <exception cref="RocksDbMissingException">There is none.</exception>
    internal static string Require() => s_search.TryLoad(out _, out string? fileName)
        ? fileName
        : throw new RocksDbMissingException(s_search.FileNames);

    /// <summary>The message that a failed call has left.</summary>
    internal static string TakeMessage(byte* error)
    {
        string message = Marshal.PtrToStringUTF8((nint)error)!;
        Free(error);
        return message;
    }

    [LibraryImport(Name, EntryPoint = "rocksdb_free")]
    internal static partial void Free(void* memory);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_create")]
    internal static partial nint CreateOptions();

    [LibraryImport(Name, EntryPoint = "rocksdb_options_destroy")]
    internal static partial void DestroyOptions(nint options);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_set_create_if_missing")]
    internal static partial void SetCreateIfMissing(nint options, byte value);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_set_compression")]
    internal static partial void SetCompression(nint options, int compression);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_set_info_log_level")]
    internal static partial void SetLogLevel(nint options, int level);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_set_keep_log_file_num")]
    internal static partial void SetKeptLogs(nint options, nuint files);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_increase_parallelism")]
    internal static partial void IncreaseParallelism(nint options, int threads);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_optimize_for_point_lookup")]
    internal static partial void OptimizeForPointLookup(nint options, ulong blockCacheMiB);

    [LibraryImport(Name, EntryPoint = "rocksdb_options_set_compaction_filter")]
    internal static partial void SetCompactionFilter(nint options, nint filter);

    [LibraryImport(Name, EntryPoint = "rocksdb_compactionfilter_create")]
    internal static partial nint CreateCompactionFilter(void* state, delegate* unmanaged[Cdecl]<void*, void> destructor,
        delegate* unmanaged[Cdecl]<void*, int, byte*, nuint, byte*, nuint, byte**, nuint*, byte*, byte> filter,
        delegate* unmanaged[Cdecl]<void*, byte*> name);

    [LibraryImport(Name, EntryPoint = "rocksdb_compactionfilter_destroy")]
    internal static partial void DestroyCompactionFilter(nint filter);

    [LibraryImport(Name, EntryPoint = "rocksdb_readoptions_create")]
    internal static partial nint CreateReadOptions();

    [LibraryImport(Name, EntryPoint = "rocksdb_readoptions_set_fill_cache")]
    internal static partial void SetFillCache(nint options, byte value);

    [LibraryImport(Name, EntryPoint = "rocksdb_readoptions_destroy")]
    internal static partial void DestroyReadOptions(nint options);

    [LibraryImport(Name, EntryPoint = "rocksdb_writeoptions_create")]
    internal static partial nint CreateWriteOptions();

    [LibraryImport(Name, EntryPoint = "rocksdb_writeoptions_destroy")]
    internal static partial void DestroyWriteOptions(nint options);

    [LibraryImport(Name, EntryPoint = "rocksdb_writeoptions_set_sync")]
    internal static partial void SetSync(nint options, byte value);

    [LibraryImport(Name, EntryPoint = "rocksdb_open_column_families", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint Open(nint options, string path, int families, byte** names, nint* familyOptions,
        nint* handles, byte** error);

    [LibraryImport(Name, EntryPoint = "rocksdb_column_family_handle_destroy")]
    internal static partial void DestroyFamily(nint family);

    [LibraryImport(Name, EntryPoint = "rocksdb_cancel_all_background_work")]
    internal static partial void CancelBackgroundWork(nint database, byte wait);

    [LibraryImport(Name, EntryPoint = "rocksdb_close")]
    internal static partial void Close(nint database);

    [LibraryImport(Name, EntryPoint = "rocksdb_property_int", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetProperty(nint database, string name, out ulong value);

    [LibraryImport(Name, EntryPoint = "rocksdb_flush_wal")]
    internal static partial void FlushLog(nint database, byte sync, byte** error);

    [LibraryImport(Name, EntryPoint = "rocksdb_compact_range")]
    internal static partial void Compact(nint database, byte* from, nuint fromBytes, byte* to, nuint toBytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_get_pinned")]
    internal static partial nint Get(nint database, nint options, byte* key, nuint keyBytes, byte** error);

    [LibraryImport(Name, EntryPoint = "rocksdb_batched_multi_get_cf")]
    internal static partial void GetMany(nint database, nint options, nint family, nuint count, byte** keys,
        nuint* keyBytes, nint* values, byte** errors, byte isSorted);

    [LibraryImport(Name, EntryPoint = "rocksdb_pinnableslice_value")]
    internal static partial byte* GetValue(nint pinned, out nuint bytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_pinnableslice_destroy")]
    internal static partial void DestroyPinned(nint pinned);

    [LibraryImport(Name, EntryPoint = "rocksdb_writebatch_create")]
    internal static partial nint CreateBatch();

    [LibraryImport(Name, EntryPoint = "rocksdb_writebatch_destroy")]
    internal static partial void DestroyBatch(nint batch);

    [LibraryImport(Name, EntryPoint = "rocksdb_writebatch_putv")]
    internal static partial void AddPut(nint batch, int keyParts, byte** keys, nuint* keyBytes, int valueParts,
        byte** values, nuint* valueBytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_writebatch_delete")]
    internal static partial void AddDelete(nint batch, byte* key, nuint keyBytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_write")]
    internal static partial void Write(nint database, nint options, nint batch, byte** error);

    [LibraryImport(Name, EntryPoint = "rocksdb_create_iterator")]
    internal static partial nint CreateIterator(nint database, nint options);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_destroy")]
    internal static partial void DestroyIterator(nint iterator);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_seek")]
    internal static partial void Seek(nint iterator, byte* key, nuint keyBytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_valid")]
    internal static partial byte IsValid(nint iterator);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_next")]
    internal static partial void Next(nint iterator);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_key")]
    internal static partial byte* GetIteratorKey(nint iterator, out nuint bytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_value")]
    internal static partial byte* GetIteratorValue(nint iterator, out nuint bytes);

    [LibraryImport(Name, EntryPoint = "rocksdb_iter_get_error")]
    internal static partial void GetIteratorError(nint iterator, byte** error);

    /// <summary>Newest first; the name without a version belongs to a package for developers and may be anything.
    /// </summary>
    private static List<string> ListFileNames()
    {
        List<string> names = [];
        for (int major = NewestMajor; major >= OldestMajor; major--)
        {
            names.Add($"librocksdb.so.{major}");
            for (int minor = HighestMinor; minor >= 0; minor--)
            {
                names.Add($"librocksdb.so.{major}.{minor}");
            }
        }

        names.Add("librocksdb.so");
        return names;
    }
}
