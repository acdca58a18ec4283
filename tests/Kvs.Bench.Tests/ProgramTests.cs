using System.Text.Json;

namespace Kvs.Bench.Tests;

/// <summary>The program as its users see it.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-bench-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_writes_its_results_as_JSON_and_removes_its_stores()
    {
        string json = Path.Combine(_folder, "results.json");
        string stores = Path.Combine(_folder, "stores");
        (int exitCode, string output, string error) = BenchProgram.Run(
            $"embedded --engine kvs,none --keys 500 --threads 1,2 --partitions 4,8 --mix load,get,a --rounds 2 " +
            $"--seconds 0.01 --durability interval:7 --distribution zipfian --dir {stores} --json {json}");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("2 threads = ", output, StringComparison.Ordinal);
        Assert.Contains("kvs (8 partitions) = ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(stores));

        using var document = JsonDocument.Parse(File.ReadAllText(json));
        JsonElement[] results = [.. document.RootElement.EnumerateArray()];

        // Three mixes, two numbers of threads; kvs with two numbers of partitions and the other once.
        Assert.Equal(3 * 2 * 3, results.Length);
        Assert.All(results, AssertResult);
        Assert.Equal(2 * 500, results[0].GetProperty("operations").GetInt64());
        Assert.Equal("load", results[0].GetProperty("workload").GetString());
        Assert.InRange(results[0].GetProperty("disk_bytes").GetInt64(), 1, long.MaxValue);
        Assert.Equal(4, results[0].GetProperty("settings").GetProperty("partitions").GetInt32());
    }

    [Theory]
    [InlineData("embedded --engine foo", "kvs, memory, rocksdb, lmdb")]
    [InlineData("embedded --mix get,bar", "'bar'")]
    [InlineData("embedded --mix 1", "'1'")]
    [InlineData("embedded --mix get,load", "first of --mix")]
    [InlineData("embedded --threads 1,0", "'0'")]
    [InlineData("embedded --threads 1,", "1 to 1024")]
    [InlineData("embedded --keys 0", "--keys")]
    [InlineData("embedded --key-bytes 7", "8 to")]
    [InlineData("embedded --value-bytes -1", "--value-bytes")]
    [InlineData("embedded --batch 131073", "131072")]
    [InlineData("embedded --batch 65536 --value-bytes 65536", "too large")]
    [InlineData("embedded --atomic", "--batch")]
    [InlineData("embedded --distribution zipfian:1", "below 1")]
    [InlineData("embedded --distribution zipfian:0", "above 0")]
    [InlineData("embedded --durability interval:0", "interval:MS")]
    [InlineData("embedded --partitions 65537", "65536")]
    [InlineData("embedded --seconds 0", "--seconds")]
    [InlineData("embedded --rounds 0", "--rounds")]
    [InlineData("embedded --dir /usr", "not empty")]
    [InlineData("embedded --engine bare --threads 1", "--mix set")]
    [InlineData("embedded --engine bare --mix set --threads 2", "one thread")]
    [InlineData("partitions --batch 2", "--batch")]
    [InlineData("ycsb-a --mix g", "'g'")]
    [InlineData("embedded ycsb-g", "ycsb-g")]
    [InlineData("embedded --rate 0", "--rate")]
    [InlineData("embedded --value-bytes 9..8", "MIN..MAX")]
    [InlineData("embedded --engine none --key-format uuid", "binary keys only")]
    [InlineData("server", "--spawn")]
    [InlineData("server --spawn --addr 127.0.0.1:1", "--spawn")]
    [InlineData("server --addr localhost:1", "localhost")]
    [InlineData("server --addr 127.0.0.1:1 --server kvs,redis", "--spawn")]
    [InlineData("server --spawn --shards 3 --clients 2", "--clients")]
    [InlineData("server --spawn --server-path /nowhere/kvs-server", "/nowhere/kvs-server")]
    [InlineData("server --spawn --tool redis-benchmark", "binary")]
    [InlineData("server --spawn --tool redis-benchmark --protocol resp --mix a", "--mix")]
    [InlineData("compare --peers foo", "'foo'")]
    [InlineData("make-data --min-size 2 --max-size 1 --dir x", "--min-size")]
    [InlineData("make-data --dir /usr", "not empty")]
    [InlineData("uuid-store --spawn --data /usr", "make-data")]
    [InlineData("report /nowhere.json", "/nowhere.json")]
    [InlineData("embedded --frobnicate", "--frobnicate")]
    [InlineData("frobnicate", "frobnicate")]
    public void A_usage_error_says_what_is_wrong_and_fails(string arguments, string named)
    {
        (int exitCode, string output, string error) = BenchProgram.Run(arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_an_error_before_anything_is_measured()
    {
        (int exitCode, string output, string error) = BenchProgram.Run($"embedded --json {_folder}/nowhere/results.json");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("nowhere", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_help_has_examples()
    {
        (int exitCode, string output, _) = BenchProgram.Run("embedded --help");
        Assert.Equal(0, exitCode);
        Assert.Contains("kvs-bench embedded --engine kvs,rocksdb,lmdb", output, StringComparison.Ordinal);
    }

    private static void AssertResult(JsonElement result)
    {
        JsonElement settings = result.GetProperty("settings");
        Assert.All(
            (string[])["engine", "engine_notes", "distribution", "durability", "latency_of", "kvs_version", "runtime"],
            name => Assert.NotEqual("", settings.GetProperty(name).GetString()));
        Assert.All(
            (string[])["keys", "key_bytes", "value_bytes", "threads", "batch", "seconds", "rounds", "processors",
                "latency_sample_every"],
            name => Assert.InRange(settings.GetProperty(name).GetDouble(), double.Epsilon, double.MaxValue));
        Assert.False(settings.GetProperty("atomic").GetBoolean());
        Assert.Equal("interval", settings.GetProperty("durability").GetString());
        Assert.Equal(7, settings.GetProperty("sync_interval_ms").GetDouble());
        Assert.Equal("zipfian:0.99", settings.GetProperty("distribution").GetString());
        Assert.Equal(settings.GetProperty("engine").GetString() == "kvs", settings.TryGetProperty("partitions", out _));

        Assert.Equal(0, result.GetProperty("errors").GetInt64());
        Assert.Equal(2, result.GetProperty("ops_per_second_by_round").GetArrayLength());
        Assert.All((string[])["operations", "seconds", "ops_per_second", "cpu_ns_per_op", "resident_bytes"],
            name => Assert.InRange(result.GetProperty(name).GetDouble(), double.Epsilon, double.MaxValue));
        Assert.All((string[])["allocated_bytes_per_op", "disk_bytes"],
            name => Assert.InRange(result.GetProperty(name).GetDouble(), 0, double.MaxValue));
        double[] latencies =
        [
            .. ((string[])["p50", "p90", "p99", "p99_9", "max"])
                .Select(name => result.GetProperty("latency_us").GetProperty(name).GetDouble()),
        ];
        Assert.Equal(latencies.Order(), latencies);
        Assert.InRange(latencies[0], double.Epsilon, double.MaxValue);
    }
}
