using System.Globalization;
using Kvs.Client;
using Kvs.Server.Tests.Support;
using Xunit.Abstractions;

namespace Kvs.Server.Tests;

/// <summary>Many clients that do little, or nothing good, cost little and keep nobody waiting.</summary>
[Collection(AloneCollection.Name)]
public class CrowdTests(ITestOutputHelper output)
{
    private const int MiB = 1024 * 1024;

    /// <summary>Client and server are one process here: each connection takes two descriptors. Where fewer may be open,
    /// there are fewer connections.</summary>
    [Fact]
    public async Task Ten_thousand_idle_connections_keep_nobody_waiting_and_leave_nothing_behind()
    {
        int connections = Math.Min(10_000, (MostOpenFiles() - 1_000) / 2);
        output.WriteLine($"{connections} connections");
        await using TestServer server = await TestServer.StartAsync(threads: 2);
        using KvsClient client = server.Connect();
        var idle = new List<RawClient>();
        try
        {
            for (int i = 0; i < connections; i++)
            {
                idle.Add(server.ConnectRaw());
            }

            for (int i = 0; i < 1000; i++)
            {
                client.Set("key", "value");
                Assert.Equal("value", client.GetString("key"));
            }
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        int openAtMost = 500;
        await Eventually.TrueAsync(() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() < openAtMost);
        client.Ping();
    }

    [Fact]
    public async Task A_hundred_clients_that_never_read_cost_what_the_bounds_say_and_hold_no_worker()
    {
        const int Clients = 100;
        const int Requests = 200;
        const int ValueBytes = 256 * 1024;
        var engine = new FaultyEngine();
        await using TestServer server = await TestServer.StartAsync(engine: engine, threads: 1);
        using KvsClient bystander = server.Connect();
        bystander.Set("big", new byte[ValueBytes]);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var deaf = new List<RawClient>();
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                deaf.Add(new RawClient(server.EndPoint, receiveBufferBytes: 16 * 1024));
                deaf[^1].ShakeHands();
                deaf[^1].Send(requests =>
                {
                    for (uint id = 0; id < Requests; id++)
                    {
                        requests.Get(id, "big");
                    }
                });
            }

            int gets;
            do
            {
                gets = engine.Gets;
                await Task.Delay(300);
                bystander.Ping();
            }
            while (engine.Gets != gets);

            // All of them ask for 5 GiB. Of each, no more is held than the bound on replies and one reply beyond it.
            long held = GC.GetTotalMemory(forceFullCollection: true) - before;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{held / MiB} MiB held, {gets} gets"));
            Assert.InRange(held, 0, 2L * Clients * (MiB / 4 + ValueBytes));
            bystander.Set("key", "value");
            Assert.Equal("value", bystander.GetString("key"));
        }
        finally
        {
            deaf.ForEach(client => client.Dispose());
        }

        bystander.Ping();
    }

    private static int MostOpenFiles()
    {
        string line = File.ReadLines("/proc/self/limits")
            .First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int most) ? most : int.MaxValue;
    }
}
