using System.Runtime.InteropServices;
using Xunit.Sdk;

namespace Kvs.Programs.Tests;

/// <summary>What the contract of the programs says about kvs-server and the engine <c>rocksdb</c>. Skipped where
/// RocksDB's library is missing.</summary>
public sealed class RocksDbServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.At("data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("process")]
    [InlineData("disk")]
    public void What_was_acknowledged_survives_a_kill_and_the_folder_remembers_its_engine(string durability)
    {
        using RunningServer killed = StartServer("--durability", durability);
        Assert.Contains("engine: rocksdb", killed.Log, StringComparison.Ordinal);
        Assert.Equal(0, Programs.Client(killed, "set", "kept", "value").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "set", "removed", "value").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "set", "kept", "newer").ExitCode);
        Assert.Equal(0, Programs.Client(killed, "rm", "removed").ExitCode);
        killed.Kill();

        using var server = new RunningServer(killed.Address, ["--data", Data]);
        Assert.Contains("engine: rocksdb", server.Log, StringComparison.Ordinal);
        Assert.Equal("newer\nKey not found\n", Programs.Client(server, "mget", "kept", "removed").Output);
        Assert.Equal(0, server.End(PosixSignal.SIGTERM));
    }

    [Fact]
    public void The_other_engines_refuse_its_folder_and_name_both()
    {
        using (RunningServer server = StartServer())
        {
            Assert.Equal(0, server.End(PosixSignal.SIGTERM));
        }

        foreach (string other in (string[])["kvs", "memory"])
        {
            ProgramResult result = Programs.Server("--addr", "127.0.0.1:0", "--data", Data, "--engine", other);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.Contains("engine rocksdb", result.Error, StringComparison.Ordinal);
            Assert.Contains($"engine {other}", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Help_and_errors_name_it()
    {
        Assert.Contains("rocksdb", Programs.Server("--help").Output, StringComparison.Ordinal);
        Assert.Contains("rocksdb", Programs.Server("--engine", "frobnicate").Error, StringComparison.Ordinal);
    }

    private RunningServer StartServer(params string[] options)
    {
        try
        {
            return new RunningServer(["--engine", "rocksdb", "--data", Data, .. options]);
        }
        catch (InvalidOperationException e) when (e.Message.Contains("apt-get", StringComparison.Ordinal))
        {
            throw SkipException.ForSkip(e.Message);
        }
    }
}
