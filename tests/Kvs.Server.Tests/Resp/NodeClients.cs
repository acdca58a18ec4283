using System.ComponentModel;
using System.Diagnostics;

namespace Kvs.Server.Tests.Resp;

/// <summary>The clients that programs on Node use: <c>tests/clients</c>, installed beside the tests' build.</summary>
internal static class NodeClients
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly Lazy<string?> LazyMissing = new(Install);

    /// <summary>Why they cannot be had here; null where they can.</summary>
    internal static string? Missing => LazyMissing.Value;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "clients");

    /// <summary>Runs a program in their folder; says how it ended and what it said.</summary>
    internal static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} did not end");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }

    private static string? Install()
    {
        try
        {
            if (Directory.Exists(Path.Combine(Folder, "node_modules", "ioredis")))
            {
                return Run("node", "--version").ExitCode == 0 ? null : "node does not run";
            }

            (int exitCode, string output) = Run("npm", "ci", "--no-audit", "--no-fund");
            return exitCode == 0 ? null : $"npm cannot install the clients: {output}";
        }
        catch (Win32Exception)
        {
            return "node and npm are not installed";
        }
    }
}
