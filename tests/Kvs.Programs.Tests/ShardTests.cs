using System.Globalization;
using System.Text;
using Kvs.Client;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Programs.Tests;

/// <summary>Several servers as one store, through the client's program and through the library.</summary>
public sealed class ShardTests(ITestOutputHelper log) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_program_finds_each_key_with_its_owner()
    {
        using var first = new RunningServer("--data", _folder.At("first"));
        using var second = new RunningServer("--data", _folder.At("second"));
        string[] both = ["--addr", first.Address, "--addr", second.Address];
        string[] keys = [.. Enumerable.Range(0, 40).Select(i => $"key{i}")];
        Assert.Equal(0, Programs.Client(["set", .. both, "key0", "value0"]).ExitCode);
        string file = _folder.At("lines.jsonl");
        File.WriteAllLines(file, keys.Select(key => $$"""{"key":"{{key}}","value":"of {{key}}"}"""));
        ProgramResult imported = Programs.Client(["import", .. both, file]);
        Assert.Equal((0, "40 lines imported.\n"), (imported.ExitCode, imported.Error));
        Assert.Equal(
            string.Concat(keys.Select(key => $"of {key}\n")) + "Key not found\n",
            Programs.Client(["mget", .. both, .. keys, "nowhere"]).Output);
        Assert.Equal("of key1\n", Programs.Client(["get", .. both, "key1"]).Output);
        ProgramResult exported = Programs.Client(["export", .. both, "-"]);
        Assert.Equal(
            File.ReadAllLines(file).Order(StringComparer.Ordinal),
            exported.Output.TrimEnd().Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal("PONG\nPONG\n", Programs.Client(["ping", .. both]).Output);
        Assert.Contains($"server: {second.Address}\nversion: ", Programs.Client(["stats", .. both]).Output,
            StringComparison.Ordinal);
        Assert.Contains($"\"{first.Address}\": {{", Programs.Client(["stats", "--json", .. both]).Output,
            StringComparison.Ordinal);

        // Each has a part, and knows nothing of the other's.
        string[] ofFirst = [.. keys.Where(key => Programs.Client(first, "get", key).Output == $"of {key}\n")];
        Assert.InRange(ofFirst.Length, 1, 39);
        Assert.All(ofFirst, key => Assert.Equal("Key not found\n", Programs.Client(second, "get", key).Output));
        second.Kill();
        Assert.Equal($"of {ofFirst[0]}\n", Programs.Client(["get", .. both, ofFirst[0]]).Output);
        string ofSecond = keys.Except(ofFirst).First();
        ProgramResult gone = Programs.Client(["get", .. both, ofSecond]);
        Assert.Equal(1, gone.ExitCode);
        Assert.Contains($"{second.Address}: Connection refused", gone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shard_that_is_killed_and_started_again_under_load_loses_nothing_and_says_nothing_wrong()
    {
        const int rounds = 5;
        int seed = TestSeed.Choose(log.WriteLine);
        using var steady = new RunningServer("--data", _folder.At("steady"), "--durability", "process");
        string[] args = ["--data", _folder.At("shaky"), "--durability", "process"];
        var shaky = new RunningServer(args);
        await using KvsCluster cluster = await KvsCluster.ConnectAsync(
            [steady.EndPoint, shaky.EndPoint],
            new KvsClientOptions
            {
                ConnectTimeout = TimeSpan.FromSeconds(60),
                MaxReconnectPause = TimeSpan.FromMilliseconds(50),
            });
        using var stop = new CancellationTokenSource();
        Task<int>[] writers = [.. Enumerable.Range(0, 40).Select(writer => Task.Run(
            () => WriteRisingAsync(cluster, $"writer{writer}", new Random(seed + writer), stop.Token)))];
        for (int round = 0; round < rounds; round++)
        {
            await Task.Delay(200);
            shaky.Kill();
            shaky.Dispose();
            shaky = new RunningServer(shaky.Address, args);
            await cluster.Servers[1].PingAsync();
        }

        await stop.CancelAsync();
        int[] acknowledged = await Task.WhenAll(writers);
        Assert.All(acknowledged, last => Assert.True(last > 0));

        // Once more by other eyes, after another death.
        shaky.Kill();
        shaky.Dispose();
        shaky = new RunningServer(shaky.Address, args);
        await using KvsCluster again = await KvsCluster.ConnectAsync([steady.EndPoint, shaky.EndPoint]);
        for (int i = 0; i < acknowledged.Length; i++)
        {
            Assert.Equal($"writer{i}={acknowledged[i]}", await again.GetStringAsync($"writer{i}"));
        }

        shaky.Dispose();
    }

    /// <summary>Writes 1, 2, 3, ... under a key; returns the last number that was acknowledged.</summary>
    private static async Task<int> WriteRisingAsync(
        KvsCluster cluster, string key, Random random, CancellationToken stop)
    {
        int acknowledged = 0;
        int written = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                written++;
                if (random.Next(2) == 0)
                {
                    await cluster.SetAsync(key, $"{key}={written}", CancellationToken.None);
                }
                else
                {
                    var batch = new KvsBatch();
                    batch.Set(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{key}={written}"));
                    (await cluster.ExecuteAsync(batch, null, CancellationToken.None))[0].ThrowIfError();
                }

                acknowledged = written;
            }
            catch (KvsConnectionException)
            {
                // Made or not: what is read next says so, and that then stays.
            }

            try
            {
                string? found = await cluster.GetStringAsync(key, CancellationToken.None);
                int number = found is null ? 0 : int.Parse(found.AsSpan(key.Length + 1), CultureInfo.InvariantCulture);
                Assert.StartsWith(found is null ? "" : $"{key}=", found ?? "", StringComparison.Ordinal);
                Assert.InRange(number, acknowledged, written);
                acknowledged = number;
            }
            catch (KvsConnectionException error)
            {
                Assert.False(error.OutcomeUnknown);
            }
        }

        return acknowledged;
    }
}
