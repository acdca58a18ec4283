using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
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
    public void A_server_that_is_gone_costs_the_others_nothing()
    {
        using var live = new RunningServer("--engine", "memory");
        var shaky = new RunningServer("--engine", "memory");
        string gone = shaky.Address;
        shaky.Dispose();
        string[] both = ["--addr", gone, "--addr", live.Address];
        string[] keys = [.. Enumerable.Range(0, 40).Select(i => $"key{i}")];
        string[] lost = [.. keys.Where(key => SlotMap.OwnerOf(Encoding.UTF8.GetBytes(key), 2) == 0)];
        string[] kept = [.. keys.Except(lost)];
        string refused = $"Cannot connect to {gone}: Connection refused.";
        string lines = _folder.At("lines.jsonl");
        File.WriteAllLines(lines, keys.Select(key => $$"""{"key":"{{key}}","value":"of {{key}}"}"""));

        ProgramResult result = Programs.Client(["import", .. both, lines]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(refused, result.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"\n{kept.Length} lines are stored and acknowledged. {lost.Length} lines are not, or nobody knows; the " +
            $"first of them is line {Array.IndexOf(keys, lost[0]) + 1}.", result.Error, StringComparison.Ordinal);

        result = Programs.Client(["mget", .. both, .. keys]);
        Assert.Equal(
            (1, string.Concat(keys.Select(key => kept.Contains(key) ? $"of {key}\n" : "Key not read\n"))),
            (result.ExitCode, result.Output));
        Assert.Equal($"{refused} Not read: {string.Join(", ", lost)}\n", result.Error);

        // What was got is kept, and so is the export before it.
        string file = _folder.At("export.jsonl");
        File.WriteAllText(file, "precious");
        result = Programs.Client(["export", .. both, file]);
        Assert.Equal(
            (1, $"{refused}\nThe export is incomplete: it has {kept.Length} lines. They are in '{file}.new'; " +
                $"'{file}' is left as it was.\n"),
            (result.ExitCode, result.Error));
        Assert.Equal("precious", File.ReadAllText(file));
        Assert.Equal(kept.Length, File.ReadAllLines($"{file}.new").Length);
        result = Programs.Client(["export", .. both, "-"]);
        Assert.Equal((1, kept.Length), (result.ExitCode, result.Output.Split('\n').Length - 1));

        result = Programs.Client(["ping", .. both]);
        Assert.Equal((1, "PONG\n", $"{refused}\n"), (result.ExitCode, result.Output, result.Error));
        result = Programs.Client(["stats", "--json", .. both]);
        Assert.Equal((1, $"{refused}\n"), (result.ExitCode, result.Error));
        Assert.Contains($"\"{live.Address}\": {{", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_dies_during_an_import_costs_the_others_nothing()
    {
        const int lines = 60_000;
        using var live = new RunningServer("--engine", "memory");
        using var shaky = new RunningServer("--engine", "memory");
        using Process import = Programs.Start(
            Programs.ClientPath, ["import", "-", "--addr", live.Address, "--addr", shaky.Address]);
        Task<string> error = import.StandardError.ReadToEndAsync();
        for (int i = 0; i < lines; i++)
        {
            await import.StandardInput.WriteLineAsync(
                $$"""{"key":"key{{i}}","value":"{{new string('v', 500)}}"}""");
            if (i == lines / 2)
            {
                shaky.Kill();
            }
        }

        import.StandardInput.Close();
        string message = await error.WaitAsync(Programs.HangLimit);
        Assert.True(import.WaitForExit(Programs.HangLimit), "the import hangs");
        Assert.Equal(1, import.ExitCode);
        Match ended = Regex.Match(message, "([0-9]+) lines are stored and acknowledged. ([0-9]+) lines are not");
        Assert.True(ended.Success, message);
        Assert.Equal(lines, int.Parse(ended.Groups[1].Value, CultureInfo.InvariantCulture)
            + int.Parse(ended.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.Contains(shaky.Address, message, StringComparison.Ordinal);
        int ofLive = Enumerable.Range(0, lines).Count(
            i => SlotMap.OwnerOf(Encoding.UTF8.GetBytes($"key{i}"), 2) == 0);
        Assert.Contains($"\nkeys: {ofLive}\n", Programs.Client(live, "stats").Output, StringComparison.Ordinal);
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
