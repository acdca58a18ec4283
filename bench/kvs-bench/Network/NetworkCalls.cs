using System.Runtime.InteropServices;

namespace Kvs.Bench.Network;

/// <summary>The system calls that load over the network needs and the base library does not have, as glibc declares
/// them.</summary>
internal static unsafe partial class NetworkCalls
{
    internal const int CloseOnExec = 0x80000;
    internal const int AddToSet = 1;
    internal const uint Readable = 0x1;
    internal const uint Writable = 0x4;
    internal const uint HungUp = 0x10 | 0x8;
    internal const uint EdgeTriggered = 1u << 31;
    internal const int SetTimerSlack = 29;
    internal const int Terminate = 15;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int CreateSet(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int ControlSet(int set, int operation, int descriptor, byte* what);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int Wait(int set, byte* events, int maxEvents, int timeoutMs);

    /// <summary>The same with a time-out in nanoseconds (glibc 2.35, Linux 5.11).</summary>
    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    internal static partial int WaitExactly(int set, byte* events, int maxEvents, TimeSpec* timeout, nint signalMask);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    /// <summary>Sets how late, in nanoseconds, the kernel may wake this thread up.</summary>
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ControlThread(int option, nuint value, nuint unused1, nuint unused2, nuint unused3);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);

    /// <summary>A duration.</summary>
    internal struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
