using System.Runtime.InteropServices;

namespace Kvs.Files;

/// <summary>
/// The seam's implementation on Linux. System calls are made directly where the base library hides a failure or
/// cannot make the call at all: its flushes drop the error of a failed fsync, it cannot sync a folder, and its file
/// locks ignore every error but one.
/// </summary>
public sealed class OperatingSystemFiles : IFileSystem
{
    private const int OwnerOnlyFile = 0x180; // 0600
    private const int OwnerOnlyFolder = 0x1C0; // 0700

    private OperatingSystemFiles()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static OperatingSystemFiles Instance { get; } = new();

    /// <inheritdoc/>
    public string BootId => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <inheritdoc/>
    public PathKind GetKind(string path) =>
        Directory.Exists(path) ? PathKind.Directory : File.Exists(path) ? PathKind.File : PathKind.Missing;

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (GetKind(path) == PathKind.Directory)
        {
            return;
        }

        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            CreateDirectory(parent);
        }

        if (LinuxCalls.MakeDirectory(path, OwnerOnlyFolder) != 0)
        {
            throw Failure("create the folder", path, Marshal.GetLastPInvokeError());
        }

        if (parent is not null)
        {
            SyncDirectory(parent);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory).Select(entry => Path.GetFileName(entry))];

    /// <inheritdoc/>
    public IFile Create(string path)
    {
        const int Flags = LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate | LinuxCalls.OpenExclusive;
        return new OperatingSystemFile(path, OpenDescriptor("create", path, Flags), writable: true);
    }

    /// <inheritdoc/>
    public IFile Open(string path, bool writable)
    {
        int flags = writable ? LinuxCalls.OpenReadWrite : LinuxCalls.OpenReadOnly;
        return new OperatingSystemFile(path, OpenDescriptor("open", path, flags), writable);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        if (LinuxCalls.Rename(from, to) != 0)
        {
            throw Failure("rename", from, Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public void Unlink(string path)
    {
        if (LinuxCalls.Unlink(path) != 0)
        {
            throw Failure("remove", path, Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        int descriptor = OpenDescriptor("open the folder", path, LinuxCalls.OpenDirectory);
        int error = LinuxCalls.Sync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        Close(descriptor);
        if (error != 0)
        {
            throw Failure("sync the folder", path, error);
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        int descriptor = OpenDescriptor("open the lock", path, LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate);
        return Lock(descriptor, path, LinuxCalls.LockExclusive);
    }

    /// <inheritdoc/>
    public IDisposable? TryLockForReading(string path) => GetKind(path) == PathKind.Missing
        ? null
        : Lock(OpenDescriptor("open the lock", path, LinuxCalls.OpenReadOnly), path, LinuxCalls.LockShared);
    internal static void Close(int descriptor)
    {
        // Linux frees the descriptor whatever close returns, and data errors have been reported by the sync before.
        _ = LinuxCalls.Close(descriptor);
    }

    internal static Exception Failure(string verb, string path, int error)
    {
        string reason = Marshal.GetPInvokeErrorMessage(error);
        string message = $"Could not {verb} {path}: {reason} (errno {error}).";
        const int NotPermitted = 1, AccessDenied = 13, ReadOnlyFileSystem = 30;
        return error is NotPermitted or AccessDenied or ReadOnlyFileSystem
            ? new UnauthorizedAccessException(message)
            : new IOException(message, error);
    }

    private static HeldLock Lock(int descriptor, string path, int mode)
    {
        if (LinuxCalls.Lock(descriptor, mode | LinuxCalls.LockNonBlocking) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            Exception failure = error == LinuxCalls.ErrorWouldBlock
                ? new FileLockedException(path, DescribeHolder(descriptor))
                : Failure("lock", path, error);
            Close(descriptor);
            throw failure;
        }

        return new HeldLock(descriptor);
    }

    private static int OpenDescriptor(string verb, string path, int flags)
    {
        while (true)
        {
            int descriptor = LinuxCalls.Open(path, flags | LinuxCalls.OpenCloseOnExec, OwnerOnlyFile);
            if (descriptor >= 0)
            {
                return descriptor;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error != LinuxCalls.ErrorInterrupted)
            {
                throw Failure(verb, path, error);
            }
        }
    }

    /// <summary>Whose lock it is, as the kernel lists it; the lock file itself stays empty.</summary>
    private static string DescribeHolder(int descriptor)
    {
        const string Unknown = "another process";
        try
        {
            string? inode = File.ReadLines($"/proc/self/fdinfo/{descriptor}")
                .FirstOrDefault(line => line.StartsWith("ino:", StringComparison.Ordinal))?["ino:".Length..].Trim();

            // A line of the list: "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF"
            string[]? held = File.ReadLines("/proc/locks")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .FirstOrDefault(words => words.Length > 5 && words[1] == "FLOCK" &&
                    inode is not null && words[5].EndsWith(":" + inode, StringComparison.Ordinal));
            if (held is null)
            {
                return Unknown;
            }

            string name = File.ReadAllText($"/proc/{held[4]}/comm").Trim();
            return $"process {held[4]} ({name})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The holder has just ended, or is hidden from us. The lock was held all the same.
            return Unknown;
        }
    }

    private sealed class HeldLock(int descriptor) : IDisposable
    {
        private int _descriptor = descriptor;

        public void Dispose()
        {
            int held = Interlocked.Exchange(ref _descriptor, -1);
            if (held >= 0)
            {
                Close(held);
            }
        }
    }
}
