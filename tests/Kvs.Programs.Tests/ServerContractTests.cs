using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kvs.Programs.Tests;

/// <summary>What the contract of the programs says about kvs-server, as far as no engine plays a part.</summary>
public sealed class ServerContractTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public void Version_is_on_the_standard_output(string option)
    {
        ProgramResult result = Programs.Server(option);
        Assert.Equal("kvs-server 0.1.0\n", result.Output);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void Help_names_every_option()
    {
        ProgramResult result = Programs.Server("--help");
        Assert.Equal(0, result.ExitCode);
        foreach (string option in (string[])
                 ["--addr", "--engine", "--data", "--pool", "--threads", "--durability", "--partitions", "--version"])
        {
            Assert.Contains(option, result.Output, StringComparison.Ordinal);
        }

        Assert.Contains("[default: 127.0.0.1:4000]", result.Output, StringComparison.Ordinal);
        Assert.Contains("[default: kvs-data]", result.Output, StringComparison.Ordinal);
        Assert.Contains("[default: 256]", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_shows_version_engine_data_and_the_real_address()
    {
        using var server = new RunningServer("--engine", "memory");
        Assert.Contains("kvs-server 0.1.0", server.Log, StringComparison.Ordinal);
        Assert.Contains("engine: memory", server.Log, StringComparison.Ordinal);
        Assert.Contains("data: ", server.Log, StringComparison.Ordinal);
        Assert.NotEqual(0, server.EndPoint.Port);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(server.EndPoint);
    }

    [Fact]
    public void The_engine_memory_makes_no_folder()
    {
        using var server = new RunningServer("127.0.0.1:0", ["--engine", "memory"], _folder.Path);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
        Assert.Equal(0, server.End(PosixSignal.SIGTERM));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Listens_on_ipv6()
    {
        using var server = new RunningServer("[::1]:0", ["--engine", "memory"]);
        Assert.StartsWith("[::1]:", server.Address, StringComparison.Ordinal);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
        Assert.Equal("value\n", Programs.Client(server, "get", "key").Output);
    }

    [Theory]
    [InlineData("naive", 1)]
    [InlineData("naive", 4)]
    [InlineData("shared-queue", 1)]
    [InlineData("shared-queue", 4)]
    [InlineData("work-stealing", 1)]
    [InlineData("work-stealing", 4)]
    [InlineData("inline", 1)]
    public void Every_pool_serves(string pool, int threads)
    {
        using var server = new RunningServer("--engine", "memory", "--pool", pool, "--threads", $"{threads}");
        Assert.Contains($"pool: {pool}", server.Log, StringComparison.Ordinal);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
        Assert.Equal("value\n", Programs.Client(server, "get", "key").Output);
        Assert.Equal(0, server.End(PosixSignal.SIGTERM));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("interval")]
    [InlineData("interval:250")]
    [InlineData("disk")]
    public void Every_durability_is_taken(string durability)
    {
        using var server = new RunningServer("--engine", "memory", "--durability", durability);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
    }

    [Theory]
    [InlineData("--addr localhost:4000", "localhost:4000")]
    [InlineData("--addr 127.0.0.1", "port is missing")]
    [InlineData("--addr 127.0.0.1:65536", "65536")]
    [InlineData("--addr ::1:4000", "brackets")]
    [InlineData("--addr", "--addr")]
    [InlineData("--engine frobnicate", "memory")]
    [InlineData("--engine frobnicate", "frobnicate")]
    [InlineData("--pool frobnicate", "frobnicate")]
    [InlineData("--pool frobnicate", "naive, shared-queue, work-stealing, inline")]
    [InlineData("--threads 0", "--threads")]
    [InlineData("--threads many", "many")]
    [InlineData("--partitions 0", "--partitions")]
    [InlineData("--partitions 65537", "65536")]
    [InlineData("--durability frobnicate", "process, interval, interval:MS, disk")]
    [InlineData("--durability interval:0", "interval:0")]
    [InlineData("--durability interval:-1", "interval:-1")]
    [InlineData("--durability interval:", "interval:")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("frobnicate", "frobnicate")]
    public void A_wrong_option_is_an_error_that_names_it_and_nothing_changes(string options, string named)
    {
        string[] address = options.StartsWith("--addr", StringComparison.Ordinal) ? [] : ["--addr", "127.0.0.1:0"];
        ProgramResult result =
            Programs.Run(Programs.ServerPath, [.. options.Split(' '), .. address], folder: _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData(null)]
    public void An_address_in_use_is_an_error_that_names_it_and_nothing_changes(string? engine)
    {
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        string address = $"127.0.0.1:{((IPEndPoint)listening.LocalEndPoint!).Port}";
        string[] engineOption = engine is null ? [] : ["--engine", engine];
        ProgramResult result =
            Programs.Run(Programs.ServerPath, ["--addr", address, .. engineOption], folder: _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(address, result.Error, StringComparison.Ordinal);
        Assert.Contains("in use", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void An_address_that_is_not_this_machines_is_an_error()
    {
        ProgramResult result = Programs.Server("--engine", "memory", "--addr", "192.0.2.1:4000");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("192.0.2.1:4000", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public void A_signal_ends_the_server_with_success_even_with_clients_connected(PosixSignal signal)
    {
        using var server = new RunningServer("--engine", "memory");
        using var idle = new Socket(SocketType.Stream, ProtocolType.Tcp);
        idle.Connect(server.EndPoint);
        Assert.Equal(0, Programs.Client(server, "set", "key", "value").ExitCode);
        Assert.Equal(0, server.End(signal));
    }

    [Fact]
    public void A_server_starts_again_at_once_on_the_port_of_one_that_was_killed()
    {
        var killed = new RunningServer("--engine", "memory");
        Programs.Client(killed, "set", "key", "value");
        killed.Kill();
        using var server = new RunningServer(killed.Address, ["--engine", "memory"]);
        Assert.Equal(killed.Address, server.Address);
        Assert.Equal("Key not found\n", Programs.Client(server, "get", "key").Output);
        killed.Dispose();
    }
}
