using System.Text.Json;

namespace Kvs.Bench.Tests;

/// <summary>Measuring servers, as users see it.</summary>
public sealed class ServerProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-bench-tests-").FullName;

    private string Json => Path.Combine(_folder, "results.json");

    private string Stores => Path.Combine(_folder, "stores");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("binary")]
    [InlineData("resp")]
    public void A_server_is_started_measured_and_ended(string protocol)
    {
        JsonElement[] results = Measure(
            $"--protocol {protocol} --mix load,get,a,d,f --clients 3 --in-flight 4 --batch 1,16 --value-bytes 0..50");
        Assert.Equal(5 * 2, results.Length);
        Assert.All(results, result =>
        {
            JsonElement settings = result.GetProperty("settings");
            Assert.Equal((protocol, 3, 4, 1), (settings.GetProperty("protocol").GetString(),
                settings.GetProperty("clients").GetInt32(), settings.GetProperty("in_flight").GetInt32(),
                settings.GetProperty("latency_sample_every").GetInt32()));
            Assert.InRange(result.GetProperty("resident_bytes").GetInt64(), 1, long.MaxValue);
            Assert.InRange(result.GetProperty("latency_us").GetProperty("p50").GetDouble(), double.Epsilon,
                double.MaxValue);
        });
        Assert.Equal(500, results.First(result => result.GetProperty("workload").GetString() == "load")
            .GetProperty("operations").GetInt64());
    }

    [Fact]
    public void Servers_share_the_keys_and_each_is_counted()
    {
        JsonElement result = Assert.Single(Measure("--shards 2 --mix b --clients 4 --seconds 0.5"));
        Assert.Equal(2, result.GetProperty("settings").GetProperty("servers").GetInt32());
        Assert.Equal(2, result.GetProperty("ops_per_second_by_server").GetArrayLength());
    }

    [Fact]
    public void Requests_that_begin_at_a_given_rate_and_idle_connections_are_part_of_the_settings()
    {
        JsonElement result = Assert.Single(Measure("--mix get --clients 2 --idle 20 --rate 500 --seconds 0.2"));
        JsonElement settings = result.GetProperty("settings");
        Assert.Equal((500, 20),
            (settings.GetProperty("rate").GetDouble(), settings.GetProperty("idle").GetInt32()));
        Assert.Equal(100, result.GetProperty("operations").GetInt64() +
                          result.GetProperty("operations_not_begun").GetInt64());
    }

    [Fact]
    public void Data_that_was_made_once_is_served_and_read_again_and_again()
    {
        string data = Path.Combine(_folder, "data");
        (int exitCode, string output, string error) =
            BenchProgram.Run($"make-data --keys 300 --min-size 0 --max-size 400 --dir {data}");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("300 keys", output, StringComparison.Ordinal);
        for (int run = 0; run < 2; run++)
        {
            JsonElement result = Assert.Single(Measure(
                $"--mix get --data {data} --clients 2 --in-flight 3", workload: "uuid-store"));
            JsonElement settings = result.GetProperty("settings");
            Assert.Equal(("uuid", 300, 400), (settings.GetProperty("key_format").GetString(),
                settings.GetProperty("keys").GetInt32(), settings.GetProperty("value_bytes").GetInt32()));
        }
    }

    [Fact]
    public void A_run_that_is_interrupted_says_so_and_leaves_nothing_behind()
    {
        (int exitCode, _, string error) = BenchProgram.RunInterrupted(
            $"embedded --mix get --keys 1000 --threads 1 --seconds 1000 --dir {Stores}");
        Assert.Equal(1, exitCode);
        Assert.Contains("Interrupted: there are no results.", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Stores));
    }

    [Fact]
    public void A_server_that_is_not_there_is_an_error_that_names_it()
    {
        (int exitCode, _, string error) = BenchProgram.Run("server --addr 127.0.0.1:1");
        Assert.Equal(1, exitCode);
        Assert.Contains("127.0.0.1:1", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_are_laid_side_by_side()
    {
        string before = Path.Combine(_folder, "before.json");
        string after = Path.Combine(_folder, "after.json");
        string page = Path.Combine(_folder, "page.html");
        foreach (string file in (string[])[before, after])
        {
            Assert.Equal(0, BenchProgram.Run("embedded --engine none --mix get --threads 1 --keys 10 --seconds 0.01 " +
                                             $"--rounds 2 --json {file}").ExitCode);
        }

        (int exitCode, string output, string error) = BenchProgram.Run($"report {before} {after} --report {page}");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("none: after = ", output, StringComparison.Ordinal);
        Assert.Contains("x before", output, StringComparison.Ordinal);
        Assert.Contains("none, before", File.ReadAllText(page), StringComparison.Ordinal);
    }

    private JsonElement[] Measure(string options, string workload = "server")
    {
        (int exitCode, string output, string error) = BenchProgram.Run(
            $"{workload} --spawn --server-path {BenchProgram.ServerPath} --rounds 1 --dir {Stores} --json {Json} " +
            $"{(options.Contains("--data", StringComparison.Ordinal) ? "" : "--keys 500 ")}" +
            $"{(options.Contains("--seconds", StringComparison.Ordinal) ? "" : "--seconds 0.05 ")}{options}");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("kvs-server 0.1.0", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), IsServerOf);
        JsonElement[] results = [.. JsonDocument.Parse(File.ReadAllText(Json)).RootElement.EnumerateArray()];
        Assert.All(results, result =>
        {
            Assert.Equal(0, result.GetProperty("errors").GetInt64());
            Assert.InRange(result.GetProperty("operations").GetInt64(), 1, long.MaxValue);
        });
        Directory.Delete(Stores, recursive: true);
        return results;
    }

    // A process may end while it is looked at.
    private bool IsServerOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(_folder, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
