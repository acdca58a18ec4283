using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Drivers.Lmdb;

/// <summary>The part of LMDB's C interface that the driver uses (lmdb.h of 0.9). Every call but those that return
/// nothing returns 0, or an error that <see cref="Check"/> puts in words.</summary>
internal static unsafe partial class LmdbLibrary
{
    internal const uint NoSync = 0x10000;
    internal const uint ReadOnly = 0x20000;
    internal const uint WriteMap = 0x80000;

    /// <summary>Ties a reader's slot to its transaction and not to its thread.</summary>
    internal const uint NoThreadLocal = 0x200000;

    internal const int NotFound = -30798;

    /// <summary>MDB_val: bytes of the caller or of the map.</summary>
    internal struct Bytes
    {
        internal nuint Length;
        internal byte* Start;

        internal readonly ReadOnlySpan<byte> Span => new(Start, (int)Length);
    }

    internal static string Version => Marshal.PtrToStringUTF8((nint)GetVersion(null, null, null))!;

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_create")]
    internal static partial int CreateEnvironment(out nint environment);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_set_mapsize")]
    internal static partial int SetMapSize(nint environment, nuint bytes);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_set_maxreaders")]
    internal static partial int SetMaxReaders(nint environment, uint readers);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_get_maxkeysize")]
    internal static partial int GetMaxKeyBytes(nint environment);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(nint environment, string path, uint flags, uint mode);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_sync")]
    internal static partial int Sync(nint environment, int force);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_env_close")]
    internal static partial void Close(nint environment);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_dbi_open")]
    internal static partial int OpenDatabase(nint transaction, byte* name, uint flags, out uint database);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_txn_begin")]
    internal static partial int Begin(nint environment, nint parent, uint flags, out nint transaction);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_txn_commit")]
    internal static partial int Commit(nint transaction);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_txn_abort")]
    internal static partial void Abort(nint transaction);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_txn_reset")]
    internal static partial void Reset(nint transaction);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_txn_renew")]
    internal static partial int Renew(nint transaction);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_put")]
    internal static partial int Put(nint transaction, uint database, Bytes* key, Bytes* value, uint flags);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_get")]
    internal static partial int Get(nint transaction, uint database, Bytes* key, Bytes* value);

    /// <summary>Throws where a call has failed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(int result)
    {
        if (result != 0)
        {
            Fail(result);
        }
    }

    private static void Fail(int result) =>
        throw new ProgramException($"lmdb: {Marshal.PtrToStringUTF8((nint)GetMessage(result))}.");

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_version")]
    private static partial byte* GetVersion(int* major, int* minor, int* patch);

    [LibraryImport(PeerLibraries.Lmdb, EntryPoint = "mdb_strerror")]
    private static partial byte* GetMessage(int error);
}
