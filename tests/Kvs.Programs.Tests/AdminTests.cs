using System.Runtime.InteropServices;
using System.Text.Json;

namespace Kvs.Programs.Tests;

/// <summary>kvs-admin, as the contract of the programs has it: data on the standard output, messages on the standard
/// error stream, exit code 1 for damage and for any failure.</summary>
public sealed class AdminTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.At("data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public void Version_is_on_the_standard_output(string option)
    {
        ProgramResult result = Programs.Admin(option);
        Assert.Equal((0, "kvs-admin 0.1.0\n", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [InlineData("", "Usage:")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("verify", "DIR")]
    [InlineData("verify dir extra", "extra")]
    [InlineData("verify dir --frobnicate", "--frobnicate")]
    [InlineData("dump dir --segment x", "x")]
    [InlineData("backup dir", "OUT")]
    [InlineData("salvage dir", "OUT")]
    [InlineData("compact", "DIR")]
    public void What_cannot_be_understood_is_said_on_the_standard_error_stream(string args, string named)
    {
        ProgramResult result = Programs.Admin(args.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_prints_figures_of_a_sound_store()
    {
        MakeStore();
        ProgramResult result = Programs.Admin("verify", Data);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches("^segments: [0-9]+\nbytes: [0-9]+\nrecords: 3\nkeys: 2\n$", result.Output);
        using var json = JsonDocument.Parse(Programs.Admin("verify", "--json", Data).Output);
        Assert.True(json.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(2, json.RootElement.GetProperty("keys").GetInt64());
    }

    [Fact]
    public void Verify_names_file_and_offset_of_damage_and_changes_nothing()
    {
        MakeStore();
        string damaged = Damage();
        ProgramResult result = Programs.Admin("verify", Data);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches($"^{damaged}:[0-9]+: the checksum of the frame does not match\n", result.Output);
        Assert.Equal("1 file is damaged.\n", result.Error);
        result = Programs.Admin("verify", Data, "--json");
        Assert.Equal(1, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        Assert.False(json.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(damaged, json.RootElement.GetProperty("damages")[0].GetProperty("file").GetString());
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("dump")]
    [InlineData("compact")]
    [InlineData("backup")]
    [InlineData("salvage")]
    public void A_folder_in_use_or_without_a_store_is_refused(string command)
    {
        string[] rest = command is "backup" or "salvage" ? [_folder.At("out")] : [];
        using (var server = new RunningServer("--data", Data))
        {
            ProgramResult result = Programs.Admin([command, Data, .. rest]);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.Contains($"process {server.ProcessId}", result.Error, StringComparison.Ordinal);
        }

        ProgramResult missing = Programs.Admin([command, _folder.At("nowhere"), .. rest]);
        Assert.Equal((1, ""), (missing.ExitCode, missing.Output));
        Assert.Contains("nowhere", missing.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("nowhere")) || Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public void A_backup_of_what_a_killed_server_left_serves_everything()
    {
        using (var killed = new RunningServer("--data", Data, "--durability", "process"))
        {
            Assert.Equal(0, Programs.Client(killed, "set", "key", "value").ExitCode);
            killed.Kill();
        }

        ProgramResult verified = Programs.Admin("verify", Data);
        Assert.Contains("not closed: the process ended; opening keeps all 1 records", verified.Output,
            StringComparison.Ordinal);
        ProgramResult result = Programs.Admin("backup", Data, _folder.At("out"));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Everything that it acknowledged is in the backup", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, Programs.Admin("verify", _folder.At("out")).ExitCode);
        Assert.Equal(1, Programs.Admin("backup", Data, _folder.At("out")).ExitCode);
        using var server = new RunningServer("--data", _folder.At("out"));
        Assert.Equal("value\n", Programs.Client(server, "get", "key").Output);
    }

    [Fact]
    public void Salvage_saves_the_rest_and_names_what_is_lost()
    {
        MakeStore();
        string damaged = Damage();
        ProgramResult result = Programs.Admin("salvage", Data, _folder.At("out"));
        Assert.Equal(1, result.ExitCode);
        Assert.Matches($"\nlost {damaged}:[0-9]+: the latest value of \"big\", version [0-9]+, is damaged; " +
            "no older value is there\n", result.Output);
        Assert.Contains("\nkeys saved: 1\n", result.Output, StringComparison.Ordinal);
        using var server = new RunningServer("--data", _folder.At("out"));
        Assert.Equal("value\nKey not found\n", Programs.Client(server, "mget", "key", "big").Output);
    }

    [Fact]
    public void Compact_gives_room_back_and_dump_shows_what_is_left()
    {
        MakeStore();
        ProgramResult result = Programs.Admin("compact", Data);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches("^bytes before: [0-9]+\nbytes after: [0-9]+\nkeys: 2\n$", result.Output);
        string dump = Programs.Admin("dump", Data).Output;
        Assert.Contains("put \"key\" = \"value\", version ", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("\"older\"", dump, StringComparison.Ordinal);
        Damage();
        ProgramResult damaged = Programs.Admin("dump", Data);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("\nDAMAGE ", damaged.Output, StringComparison.Ordinal);
    }

    private void MakeStore()
    {
        using var server = new RunningServer("--data", Data);
        Assert.Equal(0, Programs.Client(server, "set", "key", "older").ExitCode);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
        Assert.Equal(0, Programs.Client(server, "set", "big", new string('v', 5000)).ExitCode);
        Assert.Equal(0, server.End(PosixSignal.SIGTERM));
    }

    /// <summary>Turns one bit of the value that is nothing but the letter v; returns the file.</summary>
    private string Damage()
    {
        byte[] run = [.. Enumerable.Repeat((byte)'v', 1000)];
        string file = Directory.GetFiles(Data).Single(path => File.ReadAllBytes(path).AsSpan().IndexOf(run) >= 0);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.AsSpan().IndexOf(run) + 500] ^= 1;
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
