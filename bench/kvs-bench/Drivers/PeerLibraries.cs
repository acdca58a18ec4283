using System.Reflection;
using System.Runtime.InteropServices;
using Kvs.CommandLine;
using Kvs.RocksDb.Native;

namespace Kvs.Bench.Drivers;

/// <summary>Finds the peers' C libraries, whose file names have their version in them.</summary>
internal static class PeerLibraries
{
    internal const string Lmdb = "lmdb";

    private static readonly NativeLibrarySearch s_lmdb = new(["liblmdb.so.0", "liblmdb.so"], "mdb_env_create");

    static PeerLibraries() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
        (name, _, _) => name == Lmdb && s_lmdb.TryLoad(out nint handle, out _) ? handle : 0);

    /// <summary>Loads LMDB, if that was not done yet.</summary>
    /// <exception cref="ProgramException">It is not installed.</exception>
    internal static void RequireLmdb()
    {
        if (!s_lmdb.TryLoad(out _, out _))
        {
            throw new ProgramException("The engine 'lmdb' needs a library that is not installed: apt-get install " +
                                       $"liblmdb0. Tried: {string.Join(", ", s_lmdb.FileNames)}.");
        }
    }
}
