using System.Runtime.InteropServices;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// The system calls of the transport, as libc declares them for 64-bit Linux (x64 and arm64). Each returns -1 and sets
/// errno on failure; whoever calls reads <see cref="Marshal.GetLastPInvokeError"/> before anything else can overwrite
/// it.
/// </summary>
internal static unsafe partial class EpollCalls
{
    /// <summary>Of epoll_create1 and eventfd.</summary>
    internal const int CloseOnExec = 0x80000;

    /// <summary>Of epoll_ctl.</summary>
    internal const int ControlAdd = 1;

    // Of recv and send.
    internal const int DoNotWait = 0x40;
    internal const int NoSignal = 0x4000;

    // errno
    internal const int ErrorInterrupted = 4;
    internal const int ErrorWouldBlock = 11;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int Control(int epoll, int operation, int descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int Wait(int epoll, byte* events, int maxEvents, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int CreateEvent(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int socket, byte* bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, byte* bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);
}
