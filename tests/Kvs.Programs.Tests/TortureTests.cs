using System.Globalization;
using System.Text.Json;

namespace Kvs.Programs.Tests;

/// <summary>Crashes of real processes: a store and a server are killed with SIGKILL again and again,
/// under load, in compaction and in recovery. Nothing that was acknowledged is missing, nothing was made up, batches
/// are whole.</summary>
public sealed class StoreTortureTests
{
    [Fact]
    public void A_store_that_is_killed_at_random_moments_keeps_what_it_acknowledged() =>
        Torture.Run(kills: 140);

    /// <summary>Where file systems can be mounted. Elsewhere the program says why it cannot.</summary>
    [Theory]
    [InlineData("disk")]
    [InlineData("interval:20")]
    public void A_store_whose_disk_drops_what_was_not_synced_keeps_what_its_level_promises(string durability) =>
        Torture.Run(kills: 16, mayBeImpossible: "--power-cut", "--power-cut", "--durability", durability);
}

/// <summary>A class of its own, so that it runs beside the other.</summary>
public sealed class ServerTortureTests
{
    [Fact]
    public void A_server_that_is_killed_at_random_moments_keeps_what_it_acknowledged() =>
        Torture.Run(kills: 60, mayBeImpossible: null, "--server", Programs.ServerPath);
}

internal static class Torture
{
    internal static void Run(int kills, string? mayBeImpossible = null, params string[] options)
    {
        using var folder = new TemporaryFolder();
        string json = Path.Combine(folder.Path, "report");
        string[] arguments =
        [
            "torture", "--kills", kills.ToString(CultureInfo.InvariantCulture), "--json", json, .. options,
        ];
        ProgramResult result = Programs.Run(
            Programs.BenchPath, arguments, folder: folder.Path, hangLimit: TimeSpan.FromMinutes(5));
        if (mayBeImpossible is not null && result.ExitCode == 1 &&
            result.Error.StartsWith(mayBeImpossible, StringComparison.Ordinal))
        {
            return;
        }

        Assert.True(result.ExitCode == 0, result.Error);
        using var report = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(kills, report.RootElement.GetProperty("kills").GetInt32());

        // A torture that never hit a store at work would show nothing.
        Assert.NotEqual(0, report.RootElement.GetProperty("acknowledged_writes").GetInt64());
    }
}
