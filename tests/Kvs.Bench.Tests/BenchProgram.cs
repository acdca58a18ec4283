using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Kvs.Bench.Tests;

/// <summary>Runs kvs-bench as its users do.</summary>
internal static partial class BenchProgram
{
    /// <summary>SIGTERM, which ends a run as Ctrl-C does, also where whoever runs the tests ignores that.</summary>
    private const int Terminate = 15;

    /// <summary>Turns a hang into a failure; no measure of anything.</summary>
    private static readonly TimeSpan s_hangLimit = TimeSpan.FromSeconds(120);

    /// <summary>The server that was built with the tests.</summary>
    internal static string ServerPath { get; } = Assembly.GetExecutingAssembly()
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "kvs-server").Value!;

    /// <summary>Runs it to its end.</summary>
    internal static (int ExitCode, string Output, string Error) Run(string arguments) => Run(arguments, _ => { });

    /// <summary>Runs it, and interrupts it when it has written its first line.</summary>
    internal static (int ExitCode, string Output, string Error) RunInterrupted(string arguments) =>
        Run(arguments, process =>
        {
            process.StandardOutput.ReadLine();
            Assert.Equal(0, Signal(process.Id, Terminate));
        });

    private static (int ExitCode, string Output, string Error) Run(string arguments, Action<Process> meanwhile)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "kvs-bench"), arguments.Split(' '))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        meanwhile(process);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_hangLimit))
        {
            process.Kill();
            Assert.Fail($"kvs-bench {arguments} hangs");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
