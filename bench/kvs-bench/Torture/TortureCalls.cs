using System.Runtime.InteropServices;

namespace Kvs.Bench.Torture;

/// <summary>The system calls that cut the power of a disk, as glibc declares them.</summary>
internal static unsafe partial class TortureCalls
{
    internal const int CloseOnExec = 0x80000;
    internal const int ReadWrite = 2;

    /// <summary>EXT4_IOC_SHUTDOWN: from now on, nothing reaches the disk.</summary>
    internal const uint Shutdown = 0x8004587D;

    /// <summary>Its argument that also drops the journal that was not written yet.</summary>
    internal const uint ShutdownWithoutJournal = 2;

    internal const uint WriteAndWait = 1 | 2 | 4;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int descriptor, nuint request, uint* argument);

    /// <summary>Writes dirty pages of a part of a file, as the kernel does by itself at any time. Makes nothing
    /// durable: lengths and journals stay as they are.</summary>
    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int WriteBack(int descriptor, long offset, long length, uint flags);
}
