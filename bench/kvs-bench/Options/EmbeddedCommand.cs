using System.CommandLine;
using Kvs.Bench.Reports;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The command <c>kvs-bench embedded</c>.</summary>
internal static class EmbeddedCommand
{
    private const string Description = """
        Measures engines in this process: throughput, latencies, processor time, memory and disk.

        Every get checks what it gets; anything missing or wrong makes the exit code 1.

        Examples:
          kvs-bench embedded                                    kvs, new keys, gets, sets; 1 thread and all
          kvs-bench embedded --engine kvs,rocksdb,lmdb          against its peers, by turns in one run
          kvs-bench embedded ycsb-b --threads 1,2,4             a workload by its name
          kvs-bench embedded --mix load,get --batch 100 --json results.json --report results.html
          kvs-bench embedded --mix get --rate 200000            latencies at a given load
          kvs-bench embedded --engine kvs,bare --mix set --durability disk --threads 1 --keys 10000
          kvs-bench embedded --engine none                      what the measuring itself costs
        """;

    internal static Command Create()
    {
        var command = new Command(Presets.EmbeddedCommand, Description);
        var options = new EmbeddedOptions();
        options.AddTo(command);
        command.SetAction(parsed => Execute(options.Read(parsed)));
        return command;
    }

    /// <summary>Measures, and shows at once what is measured.</summary>
    internal static void Measure(EmbeddedSettings settings, string folder, RunClock clock, ProgressLine progress,
        Action<Benchmark> done)
    {
        RunHeader.Write(Console.Out, settings);
        var benchmark = new EmbeddedBenchmark(settings, folder, clock, progress);
        benchmark.Run(Console.Out);
        done(benchmark);
    }

    private static int Execute(EmbeddedSettings settings) => BenchRun.Execute(settings.Load.Output, settings.Folder,
        (folder, clock, progress, done) => Measure(settings, folder, clock, progress, done));
}
