using System.Runtime.InteropServices;

namespace Kvs.RocksDb.Native;

/// <summary>How to end a process without what libraries do at its end. Any thread.</summary>
internal static partial class ProcessEnd
{
    /// <summary>Does not return.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    internal static partial void ExitAtOnce(int exitCode);
}
