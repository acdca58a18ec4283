using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Kvs.Programs.Tests;

/// <summary>How kvs-server is told what to be, and how it says what it is.</summary>
public sealed class ServerSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_command_line_comes_before_the_environment_that_before_the_file_that_before_the_default()
    {
        string file = Write("kvs.conf", "# limits\n\nmax-connections = 1\n idle-timeout=5m\nthreads = 3\n");
        var environment = new Dictionary<string, string>
        {
            ["KVS_MAX_CONNECTIONS"] = "2",
            ["KVS_IDLE_TIMEOUT"] = "6m",
            ["KVS_TLS_CERT"] = "",
            ["KVS_FROBNICATE"] = "1",
        };
        ProgramResult result = RunServer(environment,
            "--print-config", "--config", file, "--max-connections", "3", "--addr", "127.0.0.1:0", "--addr", "unix:s");
        Assert.Equal(0, result.ExitCode);
        string[][] lines = [.. result.Output.Split('\n').Select(line => Split(line, 3))];
        Assert.Contains(["max-connections", "3", "flag --max-connections"], lines);
        Assert.Contains(["idle-timeout", "6m", "environment KVS_IDLE_TIMEOUT"], lines);
        Assert.Contains(["threads", "3", $"{file}:5"], lines);
        Assert.Contains(["frame-timeout", "30s", "default"], lines);
        Assert.Contains(["addr", "127.0.0.1:0,unix:s", "flag --addr"], lines);
        Assert.Contains(["tls-cert", "-", "default"], lines);
        Assert.Equal("KVS_FROBNICATE is set and is no setting.\n", result.Error);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Every_option_is_a_setting_of_the_environment_and_of_the_file_as_well()
    {
        // What is printed, given back through each of the other ways, is what it was.
        string printed = RunServer([], "--print-config").Output;
        string[][] settings =
        [
            .. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Split(line, 3))
                .Where(line => line[1] != "-"),
        ];
        string file = Write("kvs.conf", string.Join('\n', settings.Select(line => $"{line[0]} = {line[1]}")));
        Assert.Equal(settings.Select(line => line[1]), Values(RunServer([], "--print-config", "--config", file)));
        var environment = settings.ToDictionary(
            line => $"KVS_{line[0].Replace('-', '_').ToUpperInvariant()}", line => line[1]);
        Assert.Equal(settings.Select(line => line[1]), Values(RunServer(environment, "--print-config")));
        string help = RunServer([], "--help").Output;
        Assert.All(settings, line => Assert.Contains($"--{line[0]}", help, StringComparison.Ordinal));

        static IEnumerable<string> Values(ProgramResult result)
        {
            string[][] lines =
                [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Split(line, 3))];
            Assert.Equal("", result.Error);
            Assert.All(lines.Where(line => line[1] != "-"), line => Assert.NotEqual("default", line[2]));
            return lines.Where(line => line[1] != "-").Select(line => line[1]);
        }
    }

    [Theory]
    [InlineData("threads", "kvs.conf:1: 'threads' is no setting")]
    [InlineData("\n# x\nthread = 3", "kvs.conf:3: there is no setting 'thread'")]
    [InlineData("threads = 3\nthreads = 4", "kvs.conf:2: 'threads' is given already, in kvs.conf:1")]
    [InlineData("threads = many", "kvs.conf:1: threads: 'many' is no whole number from 1")]
    [InlineData("idle-timeout = 5", "'5' is no time from 1ms")]
    [InlineData("idle-timeout = 0s", "'0s' is no time from 1ms")]
    [InlineData("max-value-bytes = 2gb", "'2gb' is no size from 0b to 1gb")]
    [InlineData("max-buffered-input = 1kb", "'1kb' is no size from 4kb")]
    [InlineData("max-buffered-input = 99999999999999999999gb", "is no size from 4kb")]
    [InlineData("garbage-ratio = 11", "'11' is no number from 0.05 to 10")]
    [InlineData("insecure = yes", "'yes' is neither true nor false")]
    [InlineData("log = xml", "There are: text, json")]
    [InlineData("addr = unix:", "is no Unix socket")]
    [InlineData("tls-key = key.pem", "give both")]
    [InlineData("password-file = missing", "password cannot be read")]
    [InlineData("password-file = kvs.conf\nengine = memory", "one line, not empty")]
    [InlineData("tls-key = missing.pem\ntls-cert = missing.pem", "missing.pem: there is no such file")]
    [InlineData("addr = 0.0.0.0:0", "no password is set")]
    [InlineData("http = 0.0.0.0:0", "--insecure")]
    public void A_wrong_setting_is_an_error_that_says_where_it_is_and_nothing_changes(string text, string named)
    {
        string address = text.Contains("addr", StringComparison.Ordinal) ? "" : "\naddr = 127.0.0.1:0";
        string file = Write("kvs.conf", text + address);
        ProgramResult result = RunServer([], "--config", "kvs.conf");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Every_line_of_a_log_for_programs_is_JSON_errors_included()
    {
        ProgramResult failed = RunServer([], "--log", "json", "--addr", "0.0.0.0:0");
        using (JsonDocument error = JsonDocument.Parse(failed.Error))
        {
            Assert.Equal((1, "error"), (failed.ExitCode, error.RootElement.GetProperty("level").GetString()));
        }

        using Process server = Programs.Start(
            Programs.ServerPath, ["--log", "json", "--addr", "127.0.0.1:0", "--data", _folder.At("data")]);
        List<string> lines = [];
        for (string? line = "";
             line is not null && !line.Contains("listening on", StringComparison.Ordinal);
             line = server.StandardError.ReadLine())
        {
            lines.Add(line);
        }

        server.Kill();
        server.WaitForExit();
        JsonElement[] events = [.. lines.Skip(1).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(events, line => Assert.True(line.TryGetProperty("time", out _)));
        Assert.Contains(events, line => line.GetProperty("message").GetString() == "engine: kvs");
        Assert.Contains(events, line =>
            line.TryGetProperty("event", out JsonElement name) && name.GetString() == "StoreOpened" &&
            line.GetProperty("keys").GetInt64() == 0);
    }

    [Fact]
    public void A_service_manager_is_told_when_the_server_is_ready_and_when_it_stops()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)Programs.HangLimit.TotalMilliseconds,
        };
        manager.Bind(new UnixDomainSocketEndPoint(_folder.At("notify")));
        using var server = new RunningServer(
            "127.0.0.1:0", ["--engine", "memory"],
            environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = _folder.At("notify") });
        Assert.Equal("READY=1", Receive(manager));
        Assert.Equal(0, server.End(PosixSignal.SIGTERM));
        Assert.Equal("STOPPING=1", Receive(manager));
    }

    [Fact]
    public void Nothing_is_done_for_who_does_not_know_the_password_of_the_file()
    {
        string file = Write("password", "secret\n");
        using var server = new RunningServer("--engine", "memory", "--password-file", file);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = (int)Programs.HangLimit.TotalMilliseconds,
        };
        client.Connect(server.EndPoint);
        client.Send("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"u8);
        Assert.StartsWith("-NOAUTH", Receive(client), StringComparison.Ordinal);
        client.Send("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"u8);
        Assert.Equal("+OK\r\n", Receive(client));
        client.Send("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"u8);
        Assert.Equal("$-1\r\n", Receive(client));
        ProgramResult refused = Programs.Client(server, "get", "k");
        Assert.Equal(1, refused.ExitCode);
    }

    private static string Receive(Socket socket)
    {
        byte[] message = new byte[100];
        return Encoding.UTF8.GetString(message, 0, socket.Receive(message));
    }

    private static string[] Split(string line, int parts) =>
        line.Split(' ', parts, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.At(name), text);
        return _folder.At(name);
    }

    /// <summary>Runs the server with these variables and none of the settings that the tests were started with.
    /// </summary>
    private ProgramResult RunServer(Dictionary<string, string> environment, params string[] args)
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name.StartsWith("KVS_", StringComparison.Ordinal))
            {
                _ = environment.TryAdd(name, "");
            }
        }

        return Programs.Run(Programs.ServerPath, args, folder: _folder.Path, environment: environment);
    }
}
