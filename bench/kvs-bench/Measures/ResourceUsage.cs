using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Measures;

/// <summary>What this process and a store's folder take.</summary>
internal static class ResourceUsage
{
    private const long BlockBytes = 512;
    private const long NsPerTick = 100;

    /// <summary>The unit of times in /proc: USER_HZ, which is 100 on all platforms of .NET.</summary>
    private const long NsPerClockTick = 10_000_000;

    /// <summary>Processor time of all threads since the process began, in nanoseconds; the kernel's part included.
    /// </summary>
    internal static long CpuNs => Environment.CpuUsage.TotalTime.Ticks * NsPerTick;

    /// <summary>Managed memory that was allocated since the process began, in bytes.</summary>
    internal static long AllocatedBytes => GC.GetTotalAllocatedBytes(precise: true);

    /// <summary>Memory of a process that is in RAM, in bytes: all of it, mapped files included.</summary>
    internal static long ResidentBytesOf(int process) => ReadStatus(process, "VmRSS:");

    /// <summary>The part of <see cref="ResidentBytesOf"/> that is not pages of files.</summary>
    internal static long ResidentAnonymousBytesOf(int process) => ReadStatus(process, "RssAnon:");

    /// <summary>Processor time of all threads of another process, in nanoseconds, to a hundredth of a second; the
    /// kernel's part included.</summary>
    internal static long CpuNsOf(int process)
    {
        // Behind the name, which may hold anything, in brackets: the 12th and the 13th field.
        const int UserField = 11;
        const int KernelField = 12;
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[UserField], CultureInfo.InvariantCulture) +
                long.Parse(fields[KernelField], CultureInfo.InvariantCulture)) * NsPerClockTick;
    }

    /// <summary>Frees what the last store left, so that the next one's figures are its own as far as that goes.
    /// </summary>
    internal static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = LinuxCalls.TrimMalloc(0);
    }

    /// <summary>Bytes that the files under a folder take on disk, which for files with holes is less than their length.
    /// </summary>
    internal static long DiskBytes(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(DiskBytesOfFile)
        : 0;

    private static unsafe long DiskBytesOfFile(string path)
    {
        const int NoSuchFile = 2;
        byte* stat = stackalloc byte[LinuxCalls.StatBytes];
        if (LinuxCalls.Stat(LinuxCalls.CurrentFolder, path, 0, LinuxCalls.StatBlocks, stat) == 0)
        {
            return *(long*)(stat + LinuxCalls.StatBlocksOffset) * BlockBytes;
        }

        // A store at work removes files of its own.
        int error = Marshal.GetLastPInvokeError();
        return error == NoSuchFile
            ? 0
            : throw new ProgramException($"Cannot find the size of {path}: {new Win32Exception(error).Message}.");
    }

    private static long ReadStatus(int process, string field)
    {
        const long KiB = 1024;
        string line = File.ReadLines($"/proc/{process}/status").First(line =>
            line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
            CultureInfo.InvariantCulture) * KiB;
    }
}
