using System.Reflection;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Drivers;

/// <summary>Finds the peers' C libraries, whose file names have their version in them.</summary>
internal static class PeerLibraries
{
    internal const string RocksDb = "rocksdb";
    internal const string Lmdb = "lmdb";

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<string, (nint Handle, string FileName)> s_loaded = [];

    /// <summary>The file names to try: newest first, as the distributions have them.</summary>
    private static readonly Dictionary<string, string[]> s_fileNames = new()
    {
        [RocksDb] =
        [
            "librocksdb.so.10", "librocksdb.so.9.10", "librocksdb.so.9", "librocksdb.so.8.9", "librocksdb.so.8",
            "librocksdb.so.7.8", "librocksdb.so.7", "librocksdb.so.6.29", "librocksdb.so.6.11", "librocksdb.so",
        ],
        [Lmdb] = ["liblmdb.so.0", "liblmdb.so"],
    };

    private static readonly Dictionary<string, string> s_packages = new()
    {
        [RocksDb] = "librocksdb7.8 (Debian 12; other releases have another number)",
        [Lmdb] = "liblmdb0",
    };

    static PeerLibraries() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
        (name, _, _) => s_fileNames.ContainsKey(name) ? Load(name).Handle : 0);

    /// <summary>Loads a library, if that was not done yet, and says which file it was.</summary>
    /// <exception cref="ProgramException">It is not installed.</exception>
    internal static string Require(string name) => Load(name).FileName;

    private static (nint Handle, string FileName) Load(string name)
    {
        lock (s_lock)
        {
            if (s_loaded.TryGetValue(name, out (nint Handle, string FileName) loaded))
            {
                return loaded;
            }

            foreach (string fileName in s_fileNames[name])
            {
                if (NativeLibrary.TryLoad(fileName, out nint handle))
                {
                    return s_loaded[name] = (handle, fileName);
                }
            }
        }

        throw new ProgramException(
            $"The engine '{name}' needs a library that is not installed: apt-get install {s_packages[name]}. " +
            $"Tried: {string.Join(", ", s_fileNames[name])}.");
    }
}
