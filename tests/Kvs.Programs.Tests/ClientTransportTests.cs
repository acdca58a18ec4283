using Kvs.Testing;

namespace Kvs.Programs.Tests;

/// <summary>The client's program over a Unix socket, and under TLS.</summary>
public sealed class ClientTransportTests : IDisposable
{
    private readonly TestCertificate _files = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void A_Unix_socket_is_an_address_like_any_other()
    {
        string address = $"unix:{_folder.At("kvs.sock")}";
        using var server = new RunningServer(address, ["--engine", "memory"]);
        Assert.Equal(address, server.Address);
        AssertServes(address);
        string nowhere = $"unix:{_folder.At("nowhere")}";
        ProgramResult result = Programs.Client("get", "key", "--addr", nowhere);
        Assert.Equal((1, $"Cannot connect to {_folder.At("nowhere")}: there is no such socket.\n"),
            (result.ExitCode, result.Error));
        result = Programs.Client("get", "key", "--addr", "unix:");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("its path must have 1 to 107 bytes", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_under_TLS_is_talked_to_where_it_is_trusted()
    {
        using var server = new RunningServer(
            "--engine", "memory", "--tls-cert", _files.PathOf("cert.pem"), "--tls-key", _files.PathOf("key.pem"));
        AssertServes(server.Address, "--tls-ca", _files.PathOf("cert.pem"));
        AssertServes(server.Address, "--tls", "--tls-ca", _files.PathOf("cert.pem"), "--tls-host", "127.0.0.1");
        AssertRefused("its certificate is not trusted", server.Address, "--tls");
        AssertRefused("its certificate is not for kvs.example", server.Address,
            "--tls-ca", _files.PathOf("cert.pem"), "--tls-host", "kvs.example");
        AssertRefused("there is no PEM certificate in it", server.Address, "--tls-ca", _files.PathOf("key.pem"));
        AssertRefused("perhaps it expects TLS", server.Address);
    }

    [Fact]
    public void A_server_without_TLS_is_told_from_one_that_is_not_trusted()
    {
        using var server = new RunningServer("--engine", "memory");
        AssertRefused("perhaps it speaks none", server.Address, "--tls");
    }

    /// <summary>What goes through each of the library's blocking clients.</summary>
    private void AssertServes(string address, params string[] options)
    {
        string[] all = ["--addr", address, .. options];
        Assert.Equal(0, Programs.Client(["set", .. all, "key", "value"]).ExitCode);
        Assert.Equal("value\n", Programs.Client(["get", .. all, "key"]).Output);
        Assert.Equal("value\nKey not found\n", Programs.Client(["mget", .. all, "key", "nowhere"]).Output);
        File.WriteAllLines(_folder.At("in.jsonl"), Enumerable.Range(0, 5000).Select(
            i => $$"""{"key":"key{{i}}","value":"{{new string('v', i)}}"}"""));
        ProgramResult imported = Programs.Client(["import", .. all, _folder.At("in.jsonl")]);
        Assert.Equal((0, "5000 lines imported.\n"), (imported.ExitCode, imported.Error));
        Assert.Equal(5001, Programs.Client(["export", .. all, "-"]).Output.Split('\n').Length - 1);
    }

    private static void AssertRefused(string why, string address, params string[] options)
    {
        foreach (string[] command in (string[][])[["get", "key"], ["mget", "key"], ["export", "-"], ["ping"]])
        {
            ProgramResult result = Programs.Client([.. command, "--addr", address, .. options]);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.Contains(why, result.Error, StringComparison.Ordinal);
        }
    }
}
