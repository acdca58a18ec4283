using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace Kvs.Programs.Tests;

/// <summary>What a program did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="OutputBytes">What it wrote to the standard output.</param>
/// <param name="Error">What it wrote to the standard error stream.</param>
internal sealed record ProgramResult(int ExitCode, byte[] OutputBytes, string Error)
{
    /// <summary>The standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes);
}

/// <summary>The built programs.</summary>
internal static class Programs
{
    /// <summary>Turns a hang into a failure; no measure of anything.</summary>
    public static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    public static string ServerPath { get; } = FindPath("kvs-server");

    public static string BenchPath { get; } = FindPath("kvs-bench");

    public static string AdminPath { get; } = FindPath("kvs-admin");

    public static string ClientPath { get; } = FindPath("kvs-client");

    /// <summary>Runs the client on a server and waits for its end.</summary>
    public static ProgramResult Client(RunningServer server, params string[] args)
    {
        // Right behind the sub-command, as arguments may contain "--".
        string[] all = [args[0], "--addr", server.Address, .. args[1..]];
        return Run(ClientPath, all);
    }

    /// <summary>Runs the client with just these arguments.</summary>
    public static ProgramResult Client(params string[] args) => Run(ClientPath, args);

    /// <summary>Runs the program that looks after folders.</summary>
    public static ProgramResult Admin(params string[] args) => Run(AdminPath, args);

    /// <summary>Runs the server in the hope that it ends by itself.</summary>
    public static ProgramResult Server(params string[] args) => Run(ServerPath, args);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="path">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="input">Its standard input; empty when null.</param>
    /// <param name="folder">Its current folder; a temporary one by default.</param>
    /// <param name="hangLimit">How long it may take; <see cref="HangLimit"/> by default.</param>
    /// <param name="environment">Variables beside those of the tests.</param>
    public static ProgramResult Run(string path, string[] args, byte[]? input = null, string? folder = null,
        TimeSpan? hangLimit = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using Process process = Start(path, args, folder, environment);
        using var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code and its messages say why.
        }

        if (!process.WaitForExit(hangLimit ?? HangLimit))
        {
            process.Kill();
            Assert.Fail($"{Path.GetFileName(path)} {string.Join(' ', args)} hangs");
        }

        Assert.True(Task.WaitAll([reading, error], HangLimit));
        return new ProgramResult(process.ExitCode, output.ToArray(), error.Result);
    }

    /// <summary>Starts a program with its standard streams at hand.</summary>
    public static Process Start(string path, IEnumerable<string> args, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(path, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static string FindPath(string name) => typeof(Programs).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;
}
