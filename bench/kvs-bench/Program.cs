using System.CommandLine;
using Kvs.Bench.Options;
using Kvs.CommandLine;
using Kvs.RocksDb;

RocksDbEngine.Register();
RootCommand root = CommandLineProgram.CreateRoot("kvs-bench", $"""
    Measures kvs on this machine.

    Workloads with names, each of which stands for its options; those that are given override them
    (kvs-bench ycsb-a --threads 4; kvs-bench server ycsb-a --spawn):

    {Presets.Help}
    """);
root.Add(EmbeddedCommand.Create());
root.Add(ServerCommand.Create());
root.Add(CompareCommand.Create());
root.Add(MakeDataCommand.Create());
root.Add(ReportCommand.Create());

return CommandLineProgram.Run(root, Presets.Expand(args));
