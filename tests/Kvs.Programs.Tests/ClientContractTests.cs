using System.Net;
using System.Net.Sockets;

namespace Kvs.Programs.Tests;

/// <summary>The table of kvs-client in the contract of the programs, row by row.</summary>
public sealed class ClientContractTests(MemoryServer memory) : IClassFixture<MemoryServer>
{
    private readonly RunningServer _server = memory.Server;

    [Fact]
    public void Set_prints_nothing() => Expect(Programs.Client(_server, "set", "set", "value"), 0, "", "");

    [Fact]
    public void Get_prints_the_value_and_a_newline()
    {
        Programs.Client(_server, "set", "get", "value");
        Expect(Programs.Client(_server, "get", "get"), 0, "value\n", "");
    }

    [Fact]
    public void Get_of_a_missing_key_says_so_on_the_standard_output_and_succeeds() =>
        Expect(Programs.Client(_server, "get", "nowhere"), 0, "Key not found\n", "");

    [Fact]
    public void Remove_prints_nothing()
    {
        Programs.Client(_server, "set", "rm", "value");
        Expect(Programs.Client(_server, "rm", "rm"), 0, "", "");
        Expect(Programs.Client(_server, "get", "rm"), 0, "Key not found\n", "");
    }

    [Fact]
    public void Remove_of_a_missing_key_says_so_on_the_standard_error_stream_and_fails() =>
        Expect(Programs.Client(_server, "rm", "nowhere"), 1, "", "Key not found\n");

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public void Version_is_on_the_standard_output(string option) =>
        Expect(Programs.Client(option), 0, "kvs-client 0.1.0\n", "");

    [Fact]
    public void Help_is_on_the_standard_output()
    {
        ProgramResult result = Programs.Client("--help");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void No_arguments_print_the_usage_on_the_standard_error_stream_and_fail()
    {
        ProgramResult result = Programs.Client();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("get --frobnicate key", "--frobnicate")]
    [InlineData("get key --frobnicate", "--frobnicate")]
    [InlineData("set key -5", "-5")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("set", "KEY")]
    [InlineData("set key", "VALUE")]
    [InlineData("set key value extra", "extra")]
    [InlineData("get", "KEY")]
    [InlineData("get key extra", "extra")]
    [InlineData("rm", "KEY")]
    [InlineData("rm key extra", "extra")]
    [InlineData("mget", "KEY")]
    [InlineData("import", "FILE")]
    [InlineData("export", "FILE")]
    [InlineData("ping extra", "extra")]
    [InlineData("get key --addr", "--addr")]
    [InlineData("get key --addr localhost:4000", "localhost:4000")]
    [InlineData("get key --addr 127.0.0.1", "127.0.0.1")]
    [InlineData("get key --addr 127.0.0.1:", "port is missing")]
    [InlineData("get key --addr 127.0.0.1:65536", "65536")]
    [InlineData("get key --addr 127.0.0.1:-1", "-1")]
    [InlineData("get key --addr 256.0.0.1:4000", "256.0.0.1")]
    [InlineData("get key --addr 1:4000", "1:4000")]
    [InlineData("get key --addr 010.0.0.1:4000", "010.0.0.1")]
    [InlineData("get key --addr ::1:4000", "brackets")]
    [InlineData("get key --addr [::1]", "port is missing")]
    [InlineData("get key --addr 127.0.0.1:1 --addr 127.0.0.1:1", "twice")]
    public void A_usage_error_says_what_is_wrong_and_fails(string arguments, string named)
    {
        ProgramResult result = Programs.Client(arguments.Split(' '));
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_server_the_message_names_the_address_and_the_reason(bool ipV6)
    {
        IPAddress loopback = ipV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var bound = new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(loopback, 0));

        // Bound, so that nobody else gets the port, and not listening.
        string address = bound.LocalEndPoint!.ToString()!;
        foreach (string[] command in (string[][])[["get", "key"], ["set", "key", "value"], ["ping"], ["export", "-"]])
        {
            ProgramResult result = Programs.Client([.. command, "--addr", address]);
            Assert.Equal(1, result.ExitCode);
            Assert.Equal("", result.Output);
            Assert.Contains(address, result.Error, StringComparison.Ordinal);
            Assert.Contains("Connection refused", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_address_is_taken_before_and_after_the_arguments_and_with_an_equals_sign()
    {
        Expect(Programs.Client("set", "--addr", _server.Address, "address", "1"), 0, "", "");
        Expect(Programs.Client("get", "address", "--addr", _server.Address), 0, "1\n", "");
        Expect(Programs.Client("get", $"--addr={_server.Address}", "address"), 0, "1\n", "");
        Expect(Programs.Client("set", "address", "--addr", _server.Address, "2"), 0, "", "");
        Expect(Programs.Client("get", "address", "--addr", _server.Address), 0, "2\n", "");
    }

    public static TheoryData<string, string> AwkwardEntries => new()
    {
        { "empty value", "" },
        { "Ünïcödé ключ 鍵 🔑", "wert значение 値 🎁" },
        { "several lines", "one\ntwo\r\n\nfour\n" },
        { "-starts-with-a-dash", "--so-does-this" },
        { "--", "--" },
        { "--addr", "127.0.0.1:1" },
        { "--help", "-h" },
        { "-V", "--version" },
        { "@file", "@/etc/hostname" },
        { "[suggest]", "[diagram]" },
        { "/h", "/?" },
        { "get", "set" },
        { "a=b", "c:d" },
        { "quotes \" ' `", "back\\slash $HOME *" },
        { " spaces ", "  " },
        { "tab\tand\u0001control", "\u007f" },
    };

    [Theory]
    [MemberData(nameof(AwkwardEntries))]
    public void Any_text_is_stored_and_read_as_it_is(string key, string value)
    {
        Expect(Programs.Client(_server, "set", "--", key, value), 0, "", "");
        Expect(Programs.Client(_server, "get", "--", key), 0, value + "\n", "");
        Expect(Programs.Client(_server, "rm", "--", key), 0, "", "");
    }

    [Theory]
    [InlineData("get", "")]
    [InlineData("rm", "")]
    [InlineData("set", "", "value")]
    [InlineData("mget", "key", "")]
    public void An_empty_key_is_an_error(params string[] arguments)
    {
        ProgramResult result = Programs.Client(_server, arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("empty", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_beyond_the_limit_is_an_error_that_states_the_limit()
    {
        ProgramResult result = Programs.Client(_server, "get", new string('k', 65_537));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("65536", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Mget_prints_in_the_order_of_the_keys()
    {
        Programs.Client(_server, "set", "mget 1", "one");
        Programs.Client(_server, "set", "mget 2", "two");
        Expect(Programs.Client(_server, "mget", "mget 2", "nowhere", "mget 1", "mget 2"), 0,
            "two\nKey not found\none\ntwo\n", "");
    }

    [Fact]
    public void Ping_prints_pong() => Expect(Programs.Client(_server, "ping"), 0, "PONG\n", "");

    [Fact]
    public void Stats_prints_a_line_for_each_figure()
    {
        ProgramResult result = Programs.Client(_server, "stats");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("engine: memory\n", result.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^keys: [0-9]+$", result.Output);
    }

    [Fact]
    public void Stats_prints_one_json_object()
    {
        ProgramResult result = Programs.Client(_server, "stats", "--json");
        Assert.Equal(0, result.ExitCode);
        using var json = System.Text.Json.JsonDocument.Parse(result.Output);
        Assert.Equal("memory", json.RootElement.GetProperty("engine").GetString());
        Assert.True(json.RootElement.GetProperty("keys").GetInt64() >= 0);
    }

    private static void Expect(ProgramResult result, int exitCode, string output, string error)
    {
        Assert.Equal(error, result.Error);
        Assert.Equal(output, result.Output);
        Assert.Equal(exitCode, result.ExitCode);
    }
}
