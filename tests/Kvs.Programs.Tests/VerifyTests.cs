using System.Diagnostics;

namespace Kvs.Programs.Tests;

/// <summary>What clients see of a server, killed and started again meanwhile, happens in
/// some order that explains all of it.</summary>
public sealed class VerifyTests
{
    [Fact]
    public async Task What_clients_see_of_a_server_that_is_killed_now_and_then_is_linearizable()
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--data", folder.At("data"), "--durability", "process"];
        var server = new RunningServer(options);
        string address = server.Address;
        try
        {
            using Process verify = Programs.Start(
                Programs.BenchPath, ["verify", "--addr", address, "--clients", "16", "--seconds", "6"]);
            Task<string> output = verify.StandardOutput.ReadToEndAsync();
            Task<string> error = verify.StandardError.ReadToEndAsync();
            using var hang = new CancellationTokenSource(TimeSpan.FromMinutes(5));
            await WaitForClientsAsync(address, hang.Token);
            while (!verify.WaitForExit(TimeSpan.FromMilliseconds(1200)))
            {
                server.Dispose();
                server = new RunningServer(address, options);
                hang.Token.ThrowIfCancellationRequested();
            }

            Assert.True(verify.ExitCode == 0, await error);
            Assert.StartsWith("Linearizable: ", await output, StringComparison.Ordinal);
            Assert.DoesNotContain(" 0 broken connections", await output, StringComparison.Ordinal);
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>Returns when others than who asks are connected.</summary>
    private static async Task WaitForClientsAsync(string address, CancellationToken hang)
    {
        while (Programs.Run(Programs.ClientPath, ["stats", "--addr", address]).Output.Split('\n')
            .Any(line => line.Split(' ', ':', StringSplitOptions.RemoveEmptyEntries) is ["connections", "1"]))
        {
            await Task.Delay(50, hang);
        }
    }

    [Fact]
    public void A_server_that_is_not_there_is_an_error_at_once()
    {
        ProgramResult result = Programs.Run(Programs.BenchPath, ["verify", "--addr", "127.0.0.1:1"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Connection refused", result.Error, StringComparison.Ordinal);
    }
}
