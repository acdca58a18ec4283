using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Kvs.Programs.Tests;

/// <summary>What the contract of the programs says about kvs-server and the data on disk.</summary>
public sealed class StoredDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.At("data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("process")]
    [InlineData("interval")]
    [InlineData("disk")]
    public void What_was_acknowledged_survives_a_kill_on_the_same_port_and_folder(string durability)
    {
        using var killed = new RunningServer("--data", Data, "--durability", durability);
        Assert.Equal(0, Programs.Client(killed, "set", "kept", "value").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "set", "removed", "value").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "set", "kept", "newer").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "rm", "removed").ExitCode);
        killed.Kill();

        using var server = new RunningServer(killed.Address, ["--data", Data]);
        Assert.Equal(killed.Address, server.Address);
        Assert.Equal("newer\nKey not found\n", Programs.Client(server, "mget", "kept", "removed").Output);
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public void What_was_stored_is_there_after_a_signal(PosixSignal signal)
    {
        using var ended = new RunningServer("--data", Data);
        Assert.Equal(0, Programs.Client(ended, "set", "key", "value").ExitCode);
        Assert.Equal(0, ended.End(signal));

        using var server = new RunningServer("--data", Data);
        Assert.Equal("value\n", Programs.Client(server, "get", "key").Output);
    }

    [Fact]
    public async Task Every_line_that_an_import_calls_acknowledged_survives_a_kill()
    {
        const int Lines = 60_000;
        string file = _folder.At("lines.jsonl");
        await File.WriteAllLinesAsync(file, Enumerable.Range(1, Lines).Select(
            i => $$"""{"key":"key {{i}}","value":"{{i}} {{new string('v', 1000)}}"}"""));

        using var killed = new RunningServer("--data", Data, "--durability", "process");
        using Process import = Programs.Start(Programs.ClientPath, ["import", file, "--addr", killed.Address]);
        Task<string> error = import.StandardError.ReadToEndAsync();
        WaitForKeys(killed, import);
        killed.Kill();
        string message = await error.WaitAsync(Programs.HangLimit);
        Assert.True(import.WaitForExit(Programs.HangLimit), "the import hangs");
        Assert.Equal(1, import.ExitCode);
        Match last = Regex.Match(message, "acknowledged, the last of them line ([0-9]+)\\.");
        Assert.True(last.Success, message);
        int acknowledged = int.Parse(last.Groups[1].Value);

        using var server = new RunningServer(killed.Address, ["--data", Data]);
        ProgramResult exported = Programs.Client(server, "export", "-");
        Assert.Equal(0, exported.ExitCode);
        var lines = new HashSet<string>(exported.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(File.ReadLines(file).Take(acknowledged), line => Assert.Contains(line, lines));
        Assert.Subset(new HashSet<string>(File.ReadLines(file)), lines);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void The_folder_is_kvs_data_in_the_current_folder_and_its_owners_alone()
    {
        using (var server = new RunningServer("127.0.0.1:0", [], _folder.Path))
        {
            Assert.Contains("engine: kvs\n", server.Log + "\n", StringComparison.Ordinal);
            Assert.Contains($"data: {_folder.At("kvs-data")}\n", server.Log + "\n", StringComparison.Ordinal);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(_folder.At("kvs-data")));
    }

    [Fact]
    public void A_folder_in_use_is_refused_and_the_process_named()
    {
        using var first = new RunningServer("--data", Data);
        Assert.Equal(0, Programs.Client(first, "set", "key", "value").ExitCode);
        string error = Refused("--data", Data);
        Assert.Contains(Data, error, StringComparison.Ordinal);
        Assert.Contains($"{first.ProcessId}", error, StringComparison.Ordinal);
        Assert.Equal("value\n", Programs.Client(first, "get", "key").Output);
    }

    [Fact]
    public void The_engine_memory_is_refused_on_a_folder_that_holds_data()
    {
        using (var server = new RunningServer("--data", Data))
        {
            Assert.Equal(0, server.End(PosixSignal.SIGTERM));
        }

        string[] before = Snapshot();
        string error = Refused("--data", Data, "--engine", "memory");
        Assert.Contains("memory", error, StringComparison.Ordinal);
        Assert.Contains("kvs", error.Replace(Data, "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void A_data_folder_that_is_a_file_is_refused_and_left_alone()
    {
        File.WriteAllText(Data, "not a store");
        Assert.Contains(Data, Refused("--data", Data), StringComparison.Ordinal);
        Assert.Equal("not a store", File.ReadAllText(Data));
    }

    [Fact]
    public void A_data_folder_below_a_file_is_refused()
    {
        File.WriteAllText(_folder.At("file"), "not a folder");
        Assert.Contains(_folder.At("file"), Refused("--data", _folder.At("file/data")), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_data_is_refused_by_file_and_offset_and_left_alone()
    {
        using (var server = new RunningServer("--data", Data))
        {
            Assert.Equal(0, Programs.Client(server, "set", "key", new string('v', 5000)).ExitCode);
            Assert.Equal(0, server.End(PosixSignal.SIGTERM));
        }

        string damaged = DamageSeal();
        string[] before = Snapshot();
        string error = Refused("--data", Data);
        Assert.Contains(Path.GetFileName(damaged), error, StringComparison.Ordinal);
        Assert.Matches("offset [0-9]+", error);
        Assert.Equal(before, Snapshot());
    }

    private static void WaitForKeys(RunningServer server, Process import)
    {
        while (!Regex.IsMatch(Programs.Client(server, "stats").Output, "(?m)^keys: [1-9]"))
        {
            Assert.False(import.HasExited, "the import was over before the kill");
        }
    }

    private static string Refused(params string[] options)
    {
        ProgramResult result = Programs.Server(["--addr", "127.0.0.1:0", .. options]);
        Assert.Equal("", result.Output);
        Assert.Equal(1, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        return result.Error;
    }

    // Turns one bit in the seal, the last of its file, of the segment that holds the value. Opening does not read the
    // value itself.
    private string DamageSeal()
    {
        const int FromEnd = 50;
        byte[] run = [.. Enumerable.Repeat((byte)'v', 1000)];
        foreach (string file in Directory.GetFiles(Data, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (bytes.AsSpan().IndexOf(run) >= 0)
            {
                bytes[^FromEnd] ^= 1;
                File.WriteAllBytes(file, bytes);
                return file;
            }
        }

        throw new InvalidOperationException("The value is in no file.");
    }

    private string[] Snapshot() =>
    [
        .. Directory.GetFileSystemEntries(Data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {(File.Exists(path) ? Convert.ToHexString(HashOf(path)) : "folder")}"),
    ];

    private static byte[] HashOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return System.Security.Cryptography.SHA256.HashData(file);
    }
}
