using System.CommandLine;
using System.Net;
using Kvs.Bench.Options;
using Kvs.Bench.Torture;
using Kvs.CommandLine;

namespace Kvs.Bench.Verify;

/// <summary>The command <c>kvs-bench verify</c>.</summary>
internal static class VerifyCommand
{
    private const string Description = """
        Records what clients see of a server, and checks that it is linearizable.

        Several clients, each with a connection of its own, get, set and remove a few keys as fast as they can. Then
        the history is checked key by key: there must be an order of all operations, each at some moment of its call,
        in which every answer makes sense. The exit code is 1 when there is none.

        The server may be killed and started again meanwhile: clients connect anew, and a write that was not answered
        may have been made or not. The keys begin with "verify-" and a random number, and are removed afterwards.

        Examples:
          kvs-bench verify --addr 127.0.0.1:4000
          kvs-bench verify --clients 32 --keys 200 --seconds 60
        """;

    private const int MaxClients = 1000;
    private const int MaxKeys = 100_000;
    private const int MaxSeconds = 3600;

    internal static Command Create()
    {
        Option<IPEndPoint> address = CommandLineProgram.CreateAddressOption("The server");
        Option<int> clients = OptionMaker.Number("--clients", "How many clients", 16, 1, MaxClients);
        Option<int> keys = OptionMaker.Number("--keys", "How many keys they share", 64, 1, MaxKeys);
        Option<int> seconds = OptionMaker.Number("--seconds", "How long they go on", 10, 1, MaxSeconds);
        Option<int?> seed = ProofOptions.CreateSeed();
        var command = new Command("verify", Description) { address, clients, keys, seconds, seed };
        command.SetAction(parsed => VerifyRun.Execute(new VerifySettings(
            parsed.GetRequiredValue(address),
            parsed.GetRequiredValue(clients),
            parsed.GetRequiredValue(keys),
            TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
            parsed.GetValue(seed) ?? Random.Shared.Next())));
        return command;
    }
}
