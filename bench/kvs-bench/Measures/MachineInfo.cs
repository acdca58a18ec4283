using System.Globalization;
using System.Runtime.InteropServices;

namespace Kvs.Bench.Measures;

/// <summary>The machine that a result was measured on.</summary>
internal sealed record MachineInfo(string Processor, int Processors, long MemoryBytes, string OperatingSystem,
    string Runtime)
{
    private const long BytesPerKiB = 1024;

    /// <summary>This one.</summary>
    internal static MachineInfo Current { get; } = new(
        ReadField("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        ReadMemoryBytes(),
        $"{RuntimeInformation.OSDescription}, Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
        RuntimeInformation.FrameworkDescription);

    /// <summary>The file system that a folder is on, and its device: "ext4 on /dev/vda".</summary>
    internal static string DescribeDisk(string folder)
    {
        string path = Path.GetFullPath(folder);
        string[]? mount = File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
            .Where(fields => Contains(fields[1], path))
            .OrderBy(fields => fields[1].Length)
            .LastOrDefault();
        return mount is null ? "unknown" : $"{mount[2]} on {mount[0]}";
    }

    private static bool Contains(string mountPoint, string path) => mountPoint == "/" || path == mountPoint ||
        path.StartsWith(mountPoint + "/", StringComparison.Ordinal);

    private static long ReadMemoryBytes() => long.Parse(
        ReadField("/proc/meminfo", "MemTotal")!.Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture) * BytesPerKiB;

    private static string? ReadField(string file, string name) => File.ReadLines(file)
        .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
}
