using System.Runtime.InteropServices;

namespace Kvs.Bench.Measures;

/// <summary>The system and library calls that measuring needs and the base library does not have, as glibc declares
/// them.</summary>
internal static unsafe partial class LinuxCalls
{
    internal const int CurrentFolder = -100;
    internal const uint StatBlocks = 0x400;

    /// <summary>The size of struct statx, and where it says how many blocks of 512 bytes the file takes; the same on
    /// all platforms.</summary>
    internal const int StatBytes = 256;
    internal const int StatBlocksOffset = 48;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Stat(int folder, string path, int flags, uint mask, byte* result);

    /// <summary>Gives the memory that malloc holds ready back to the kernel.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    internal static partial int TrimMalloc(nuint keepBytes);
}
