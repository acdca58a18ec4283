using System.Diagnostics;
using Kvs.CommandLine;

namespace Kvs.Bench.Servers;

/// <summary>Finds the programs of servers.</summary>
internal static class ServerPrograms
{
    private const string SolutionFile = "Kvs.slnx";

    /// <summary>Where this repository's builds put a program: the published one first.</summary>
    private static readonly string[] s_buildFolders = ["artifacts/kvs", "artifacts/bin/{0}/release"];

    /// <summary>Finds a server's program; null where it is not installed.</summary>
    internal static string? Find(ServerKind kind) =>
        kind.Name == ServerKind.Kvs ? FindBuilt(kind.Program) : FindInstalled(kind.Program);

    /// <summary>Finds a server's program.</summary>
    /// <param name="kind">The server.</param>
    /// <param name="given">Where the user says it is; null when the user does not.</param>
    /// <exception cref="ProgramException">It is not there.</exception>
    internal static string Require(ServerKind kind, string? given)
    {
        if (given is not null)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new ProgramException($"{given} is not there.");
        }

        return Find(kind) ?? throw new ProgramException($"{kind.Program} is not there: {kind.Package}.");
    }

    /// <summary>A path as people read it: without the current folder, where it lies in there.</summary>
    internal static string Shorten(string path)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>The first line of what a program says of its version.</summary>
    internal static string ReadVersion(ServerKind kind, string path)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, kind.VersionOption)
        {
            RedirectStandardOutput = true,
        })!;
        string version = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return version.Split('\n')[0].Trim();
    }

    /// <summary>Finds a program on the search path; null where it is not.</summary>
    internal static string? FindInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin").Append("/usr/local/sbin")
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string? FindBuilt(string program)
    {
        IEnumerable<string> folders = [AppContext.BaseDirectory];
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, SolutionFile)))
            {
                folders = folders.Concat(s_buildFolders.Select(build =>
                    Path.Combine(folder, build.Replace("{0}", program, StringComparison.Ordinal))));
                break;
            }
        }

        // A server that lies beside this program only because a test refers to both lacks what it needs to run.
        return folders.Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(path => File.Exists(path) && File.Exists(path + ".runtimeconfig.json"));
    }
}
