using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Kvs.Programs.Tests;

/// <summary>What import and export promise.</summary>
public sealed class TransferTests : IDisposable
{
    private readonly RunningServer _server = new("--engine", "memory");
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_was_imported_is_exported_and_can_be_imported_again()
    {
        string[] lines =
        [
            .. AwkwardLines,
            .. Enumerable.Range(0, 5000).Select(i => $$"""{"key":"k{{i}}","value":"v{{i}}"}"""),
        ];
        ImportAndExport(lines, lines);
    }

    [Fact]
    public void Values_longer_than_any_buffer_pass_unharmed()
    {
        string text = string.Concat(Enumerable.Range(0, 400_000).Select(
            i => i % 3 == 0 ? "ä🎉\\n\\u0000" : "ä🎉"));
        byte[] bytes = new byte[3_000_000];
        new Random(7).NextBytes(bytes);
        bytes[0] = 0xFF;
        string[] lines =
        [
            $$"""{"key":"text","value":"{{text}}"}""",
            $$"""{"key":"bytes","value64":"{{Convert.ToBase64String(bytes)}}"}""",
        ];
        ImportAndExport(lines, lines);
    }

    [Fact]
    public void Other_ways_to_write_the_same_json_mean_the_same()
    {
        ImportAndExport(
            [
                "\uFEFF" + """{"key":"order","value":"1"}""",
                """  { "value" : "2" , "key" : "spaces" }  """ + "\r",
                "",
                "   ",
                """{"key":"\u0065scaped \u00e4 \ud83c\udf89","value":"\u0033"}""",
                """{"key64":"cGxhaW4=","value64":"NA=="}""",
                """{"k\u0065y":"name","value":"5"}""",
            ],
            [
                """{"key":"order","value":"1"}""",
                """{"key":"spaces","value":"2"}""",
                """{"key":"escaped ä 🎉","value":"3"}""",
                """{"key":"plain","value":"4"}""",
                """{"key":"name","value":"5"}""",
            ]);
    }

    [Fact]
    public void Of_several_lines_with_one_key_the_last_holds()
    {
        string[] lines = [.. Enumerable.Range(0, 10_000).Select(i => $$"""{"key":"same","value":"{{i}}"}""")];
        ImportAndExport(lines, lines[^1..]);
    }

    [Fact]
    public void An_empty_store_is_an_empty_export() => ImportAndExport([], []);

    [Fact]
    public void The_last_line_needs_no_line_end()
    {
        Import(Encoding.UTF8.GetBytes("""{"key":"last","value":"line"}"""), 0);
        Assert.Equal("line\n", Programs.Client(_server, "get", "last").Output);
    }

    [Fact]
    public void The_standard_streams_serve_as_files()
    {
        byte[] lines = Encoding.UTF8.GetBytes(string.Join('\n', AwkwardLines) + '\n');
        Assert.Contains($"{AwkwardLines.Length} lines imported", Import(lines, 0), StringComparison.Ordinal);
        ProgramResult exported = Programs.Client(_server, "export", "-");
        Assert.Equal(0, exported.ExitCode);
        Assert.Equal(Sorted(AwkwardLines), Sorted(exported.Output.Split('\n')[..^1]));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_can_be_read_by_get()
    {
        byte[] value = [0, 255, 128, 10, 13, 0xC3];
        Import(Encoding.UTF8.GetBytes($$"""{"key":"raw","value64":"{{Convert.ToBase64String(value)}}"}"""), 0);
        Assert.Equal([.. value, (byte)'\n'], Programs.Client(_server, "get", "raw").OutputBytes);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("""{"key":"k"}""")]
    [InlineData("""{"value":"v"}""")]
    [InlineData("""{"key":"","value":"v"}""")]
    [InlineData("""{"key":"k","value":"v""")]
    [InlineData("""{"key":"k","value":"v"} x""")]
    [InlineData("""{"key":"k","value":"v"}{"key":"k","value":"v"}""")]
    [InlineData("""{"key":1,"value":"v"}""")]
    [InlineData("""{"key":"k","value":null}""")]
    [InlineData("""{"key":"k","value":{"a":1}}""")]
    [InlineData("""{"key":"k","key":"k","value":"v"}""")]
    [InlineData("""{"key":"k","key64":"aw==","value":"v"}""")]
    [InlineData("""{"key":"k","value":"v","ttl":"1"}""")]
    [InlineData("""{"key":"k","value64":"!"}""")]
    [InlineData("""{"key":"\ud800","value":"v"}""")]
    [InlineData("""{"key":"k","value":"\udfff"}""")]
    public void A_bad_line_ends_the_import_with_its_number(string bad)
    {
        byte[] lines = Encoding.UTF8.GetBytes(
            "{\"key\":\"1\",\"value\":\"v\"}\n\n{\"key\":\"3\",\"value\":\"v\"}\n" + bad +
            "\n{\"key\":\"5\",\"value\":\"v\"}\n");
        string error = Import(lines, 1);
        Assert.Contains("Line 4 is bad", error, StringComparison.Ordinal);
        Assert.Contains("2 lines are stored", error, StringComparison.Ordinal);
        Assert.Contains("the last of them line 3", error, StringComparison.Ordinal);
        Assert.Equal("v\nv\nKey not found\n", Programs.Client(_server, "mget", "1", "3", "5").Output);

        error = Import(lines, 0, "--skip-bad");
        Assert.Contains("3 lines imported, 1 bad lines skipped", error, StringComparison.Ordinal);
        Assert.Contains("line 4", error, StringComparison.Ordinal);
        Assert.Equal("v\nv\nv\n", Programs.Client(_server, "mget", "1", "3", "5").Output);
    }

    [Fact]
    public void A_line_that_is_not_utf8_is_bad()
    {
        byte[] line = [.. "{\"key\":\"k\",\"value\":\""u8, 0xFF, .. "\"}\n"u8];
        Assert.Contains("Line 1 is bad: its value is not UTF-8", Import(line, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_the_server_does_not_take_is_bad()
    {
        string key = new('k', 65_537);
        byte[] lines = Encoding.UTF8.GetBytes(string.Join('\n', ((string[])["1", key, "3"]).Select(
            each => $$"""{"key":"{{each}}","value":"v"}""")));
        string error = Import(lines, 1);
        Assert.Contains("Line 2 is bad", error, StringComparison.Ordinal);
        Assert.Contains("65536", error, StringComparison.Ordinal);
        Assert.Contains("2 lines imported, 1 bad", Import(lines, 0, "--skip-bad"), StringComparison.Ordinal);
    }

    [Fact]
    public void All_bad_lines_are_counted()
    {
        string lines = string.Concat(Enumerable.Range(0, 1000).Select(i =>
            i % 10 == 0 ? "bad\n" : $$"""{"key":"k{{i}}","value":"v"}""" + '\n'));
        Assert.Contains("900 lines imported, 100 bad lines skipped",
            Import(Encoding.UTF8.GetBytes(lines), 0, "--skip-bad"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        ProgramResult result = Programs.Client(_server, "import", _folder.At("missing.jsonl"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing.jsonl", result.Error, StringComparison.Ordinal);
        result = Programs.Client(_server, "import", _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("folder", result.Error, StringComparison.Ordinal);
        result = Programs.Client(_server, "export", _folder.At("no/such/folder.jsonl"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no/such", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_that_cannot_be_written_fails()
    {
        Import(Encoding.UTF8.GetBytes("""{"key":"k","value":"v"}"""), 0);
        ProgramResult result = Programs.Client(_server, "export", "/dev/full");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("incomplete", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_that_fails_leaves_the_one_before_as_it_was()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("kvs-export-").FullName, "export.jsonl");
        Import(Encoding.UTF8.GetBytes("""{"key":"k","value":"v"}"""), 0);
        Assert.Equal(0, Programs.Client(_server, "export", file).ExitCode);
        string before = File.ReadAllText(file);

        // A folder stands where the unfinished export would be written.
        Directory.CreateDirectory(file + ".new");
        Import(Encoding.UTF8.GetBytes("""{"key":"k2","value":"v2"}"""), 0);
        Assert.Equal(1, Programs.Client(_server, "export", file).ExitCode);
        Assert.Equal(before, File.ReadAllText(file));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task When_the_server_dies_the_import_says_how_many_lines_are_acknowledged()
    {
        using Process import = Programs.Start(Programs.ClientPath, ["import", "-", "--addr", _server.Address]);
        Task<string> error = import.StandardError.ReadToEndAsync();
        long sent = 0;
        try
        {
            while (true)
            {
                import.StandardInput.WriteLine($$"""{"key":"k{{++sent}}","value":"{{new string('v', 1000)}}"}""");
                if (sent == 20_000)
                {
                    _server.Kill();
                }
            }
        }
        catch (IOException)
        {
            // The import has ended, as it should.
        }

        string message = await error.WaitAsync(Programs.HangLimit);
        Assert.True(import.WaitForExit(Programs.HangLimit), "the import hangs");
        Assert.Equal(1, import.ExitCode);
        Match ended = Regex.Match(message,
            "([0-9]+) lines are stored and acknowledged, the last of them line ([0-9]+)\\.");
        Assert.True(ended.Success, message);
        Assert.Equal(ended.Groups[1].Value, ended.Groups[2].Value);
        Assert.InRange(long.Parse(ended.Groups[1].Value), 1, sent);
        Assert.Contains(_server.Address, message, StringComparison.Ordinal);
    }

    internal static string[] AwkwardLines =>
    [
        """{"key":"empty","value":""}""",
        """{"key":"Ünïcödé ключ 鍵 🔑","value":"значение 値 🎁"}""",
        """{"key":"controls","value":"\u0000\u0001\b\t\n\f\r\u001F"}""",
        """{"key":"quotes","value":"\" \\ / ' < > & + `"}""",
        """{"key":"-dash","value":"--"}""",
        """{"key64":"//8=","value":"key of bytes"}""",
        """{"key":"value of bytes","value64":"AP+Afw=="}""",
        """{"key64":"gA==","value64":"w6TDKA=="}""",
    ];

    private void ImportAndExport(string[] lines, string[] expected)
    {
        File.WriteAllText(_folder.At("in.jsonl"), string.Concat(lines.Select(line => line + '\n')));
        ProgramResult imported = Programs.Client(_server, "import", _folder.At("in.jsonl"));
        Assert.Equal("", imported.Output);
        Assert.Equal(0, imported.ExitCode);
        ProgramResult exported = Programs.Client(_server, "export", _folder.At("out.jsonl"));
        Assert.Equal("", exported.Output);
        Assert.Equal(0, exported.ExitCode);
        Assert.Equal(Sorted(expected), Sorted(File.ReadAllLines(_folder.At("out.jsonl"))));

        using var second = new RunningServer("--engine", "memory");
        Assert.Equal(0, Programs.Client(second, "import", _folder.At("out.jsonl")).ExitCode);
        Assert.Equal(0, Programs.Client(second, "export", _folder.At("again.jsonl")).ExitCode);
        Assert.Equal(Sorted(expected), Sorted(File.ReadAllLines(_folder.At("again.jsonl"))));
    }

    private string Import(byte[] lines, int exitCode, params string[] options)
    {
        ProgramResult result =
            Programs.Run(Programs.ClientPath, ["import", "-", "--addr", _server.Address, .. options], lines);
        Assert.Equal("", result.Output);
        Assert.True(exitCode == result.ExitCode, result.Error);
        return result.Error;
    }

    private static string[] Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];
}
