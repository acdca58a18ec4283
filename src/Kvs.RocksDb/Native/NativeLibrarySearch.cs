using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Kvs.RocksDb.Native;

/// <summary>Finds a C library whose file name differs from one system to the next.</summary>
/// <remarks>Thread-safe. What was found stays loaded.</remarks>
/// <param name="fileNames">The file names to try, best first.</param>
/// <param name="neededExport">A function that the library must have: those that are too old do not.</param>
internal sealed class NativeLibrarySearch(IReadOnlyList<string> fileNames, string neededExport)
{
    private readonly Lock _lock = new();
    private nint _handle;
    private string? _fileName;

    /// <summary>The names, for messages.</summary>
    internal IReadOnlyList<string> FileNames => fileNames;

    /// <summary>Loads the library, if that was not done yet, and says which file it was; false where there is none.
    /// </summary>
    internal bool TryLoad(out nint handle, [NotNullWhen(true)] out string? fileName)
    {
        lock (_lock)
        {
            foreach (string name in _fileName is null ? fileNames : [])
            {
                if (!NativeLibrary.TryLoad(name, out nint loaded))
                {
                    continue;
                }

                if (NativeLibrary.TryGetExport(loaded, neededExport, out _))
                {
                    (_handle, _fileName) = (loaded, name);
                    break;
                }

                NativeLibrary.Free(loaded);
            }

            (handle, fileName) = (_handle, _fileName);
            return fileName is not null;
        }
    }
}
