using System.Runtime.InteropServices;

namespace Kvs.Files;

/// <summary>
/// Every system call that the engine makes by itself, as libc declares it for 64-bit Linux (x64 and arm64). Each
/// returns -1 (or <see cref="MapFailed"/>) and sets errno on failure; whoever calls checks, and reads
/// <see cref="Marshal.GetLastPInvokeError"/> before anything else can overwrite it.
/// </summary>
internal static unsafe partial class LinuxCalls
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenCloseOnExec = 0x80000;

    internal const int LockShared = 1;
    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    internal const int ProtectRead = 1;
    internal const int ProtectWrite = 2;
    internal const int MapShared = 1;
    internal const int MapPrivate = 2;
    internal const int MapAnonymous = 0x20;

    internal const int AdviseDontNeed = 4;
    internal const int AdviseHugePage = 14;
    internal const int AdvisePopulateWrite = 23;

    internal const int ScheduleRoundRobin = 2;
    internal const int PriorityOfThread = 0;

    internal const int FutexWaitPrivate = 128;
    internal const int FutexWakePrivate = 129;

    internal const int ErrorInterrupted = 4;
    internal const int ErrorWouldBlock = 11;
    internal const int ErrorNotSupported = 95;

    /// <summary>O_DIRECTORY is one of the few flags whose value differs between the platforms.</summary>
    internal static int OpenDirectory { get; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>libc has no function of its own for this call, only its number.</summary>
    internal static nint FutexNumber { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    internal static byte* MapFailed => (byte*)-1;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectory(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial byte* Map(byte* address, nint length, int protection, int flags, int descriptor,
        long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(byte* address, nint length);

    /// <param name="thread">0 for the calling one.</param>
    /// <param name="policy">One of the real-time policies.</param>
    /// <param name="priority">A struct of this one number.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    internal static partial int SetScheduler(int thread, int policy, int* priority);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int SetPriority(int which, int thread, int priority);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(byte* address, nint length, int advice);

    /// <param name="number"><see cref="FutexNumber"/>.</param>
    /// <param name="word">What is waited on.</param>
    /// <param name="operation">To wait, or to wake.</param>
    /// <param name="value">The value to wait on, or how many to wake.</param>
    /// <param name="timeout">Null for none.</param>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint Futex(nint number, int* word, nint operation, nint value, void* timeout);
}
