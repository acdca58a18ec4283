using System.CommandLine;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The commands <c>kvs-bench embedded</c> and <c>kvs-bench partitions</c>, the same with other defaults.
/// </summary>
internal static class EmbeddedCommand
{
    private const string Description = """
        Measures engines in this process: throughput, latencies, processor time, memory and disk.

        Every get checks what it gets; anything missing or wrong makes the exit code 1.

        Examples:
          kvs-bench embedded                                    kvs, new keys, gets, sets; 1 thread and all
          kvs-bench embedded --engine kvs,rocksdb,lmdb          against its peers, by turns in one run
          kvs-bench embedded --mix a,b,c --distribution zipfian --threads 1,2,4
          kvs-bench embedded --mix load,get --batch 100 --json results.json
          kvs-bench embedded --engine kvs,bare --mix set --durability disk --threads 1 --keys 10000
          kvs-bench embedded --engine none                      what the measuring itself costs
        """;

    private const string PartitionsDescription = """
        Many threads, each setting and getting a key of its own, by number of partitions.

        The same as embedded --mix partitions --threads 100 --partitions 1,10,100; every operation counts.
        """;

    internal static IEnumerable<Command> CreateAll()
    {
        int[] threads = [.. ((int[])[1, Environment.ProcessorCount]).Distinct()];
        yield return Create("embedded", Description, new EmbeddedOptions([Mix.Load, Mix.Get, Mix.Set], threads,
            [new KvStoreOptions().Partitions]));
        yield return Create("partitions", PartitionsDescription,
            new EmbeddedOptions([Mix.Partitions], threads: [100], partitions: [1, 10, 100]));
    }

    private static Command Create(string name, string description, EmbeddedOptions options)
    {
        var command = new Command(name, description);
        options.AddTo(command);
        command.SetAction(parsed => EmbeddedRun.Execute(options.Read(parsed)));
        return command;
    }
}
