using System.Diagnostics;
using System.Globalization;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests.Resp;

/// <summary>What others use to talk to Redis talks to kvs.</summary>
public sealed class ClientLibraryTests
{
    [NodeFact]
    public async Task The_common_clients_of_Node_work()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int exitCode, string output) = NodeClients.Run("node", "smoke.mjs", PortOf(server));
        Assert.True(exitCode == 0, output);
    }

    [RedisFact]
    public async Task The_benchmark_of_redis_runs_clean()
    {
        await using TestServer server = await TestServer.StartAsync();
        using Process process = Process.Start(new ProcessStartInfo("redis-benchmark",
            ["-p", PortOf(server), "-t", "get,set,mset,incr", "-P", "16", "-c", "50", "-n", "100000", "-q"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", await errors);
        Assert.DoesNotContain("rror", output, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", output, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task The_command_line_of_redis_works()
    {
        await using TestServer server = await TestServer.StartAsync();
        using Process process = Process.Start(new ProcessStartInfo("redis-cli", ["-3", "-p", PortOf(server)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync("SET a 1\nINCR a\nGET a\nGET b\nNOSUCH\n");
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(
            "OK\n2\n2\n\nERR unknown command 'NOSUCH', with args beginning with: \n\n", output);
    }

    private static string PortOf(TestServer server) => server.EndPoint.Port.ToString(CultureInfo.InvariantCulture);
}
