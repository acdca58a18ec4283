using System.CommandLine;
using Kvs.Bench.Reports;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The command <c>kvs-bench server</c>.</summary>
internal static class ServerCommand
{
    private const string Description = """
        Measures servers over the network: throughput, latencies, processor time, memory and disk.

        Every reply is checked, all bytes of every value; any that failed or is wrong makes the exit code 1.

        Examples:
          kvs-bench server --spawn                              its own kvs-server, gets, then sets; 50 connections
          kvs-bench server --addr 127.0.0.1:4000 --in-flight 16 one that is there
          kvs-bench server --spawn --server kvs,redis --protocol resp --in-flight 64
          kvs-bench server batch-rpc --spawn --shards 2         a workload by its name
          kvs-bench server --spawn --clients 64 --rate 50000    latencies at a given load
          kvs-bench server --spawn --pool naive,shared-queue,work-stealing,inline --threads 1,2,4
        """;

    internal static Command Create()
    {
        var command = new Command(Presets.ServerCommand, Description);
        var options = new ServerOptions();
        options.AddTo(command);
        command.SetAction(parsed => Execute(options.Read(parsed)));
        return command;
    }

    /// <summary>Measures, and shows at once what is measured.</summary>
    internal static void Measure(ServerSettings settings, string folder, RunClock clock, ProgressLine progress,
        Action<Benchmark> done)
    {
        RunHeader.Write(Console.Out, settings);
        using var benchmark = new ServerBenchmark(settings, folder, clock, progress);
        benchmark.Run(Console.Out);
        done(benchmark);
    }

    private static int Execute(ServerSettings settings) => BenchRun.Execute(settings.Load.Output, settings.Folder,
        (folder, clock, progress, done) => Measure(settings, folder, clock, progress, done));
}
