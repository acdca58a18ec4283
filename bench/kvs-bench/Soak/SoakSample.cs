using System.Globalization;
using Kvs.Bench.Measures;

namespace Kvs.Bench.Soak;

/// <summary>What a process and its store's folder take at one moment.</summary>
/// <param name="Files">Open file descriptors.</param>
/// <param name="Threads">Threads.</param>
/// <param name="MemoryBytes">Memory in RAM that is not pages of files.</param>
/// <param name="DiskBytes">What the folder's files take on disk.</param>
internal readonly record struct SoakSample(long Files, long Threads, long MemoryBytes, long DiskBytes)
{
    /// <summary>Looks at a process now.</summary>
    internal static SoakSample Take(int process, string folder)
    {
        const long KiB = 1024;
        string[] status = File.ReadAllLines($"/proc/{process}/status");
        return new SoakSample(
            Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(),
            Number(status, "Threads:"),
            Number(status, "RssAnon:") * KiB,
            ResourceUsage.DiskBytes(folder));
    }

    private static long Number(string[] status, string field) => long.Parse(
        status.First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..]
            .Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
}
