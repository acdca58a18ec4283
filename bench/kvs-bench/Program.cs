using System.CommandLine;
using Kvs.Bench.Options;
using Kvs.Bench.Soak;
using Kvs.Bench.Torture;
using Kvs.Bench.Verify;
using Kvs.CommandLine;
using Kvs.RocksDb;

RocksDbEngine.Register();
RootCommand root = CommandLineProgram.CreateRoot("kvs-bench", $"""
    Measures kvs on this machine, and proves it there.

    Workloads with names, each of which stands for its options; those that are given override them
    (kvs-bench ycsb-a --threads 4; kvs-bench server ycsb-a --spawn):

    {Presets.Help}
    """);
root.Add(EmbeddedCommand.Create());
root.Add(ServerCommand.Create());
root.Add(CompareCommand.Create());
root.Add(MakeDataCommand.Create());
root.Add(ReportCommand.Create());
root.Add(TortureCommand.Create());
root.Add(TortureCommand.CreateWorker());
root.Add(VerifyCommand.Create());
root.Add(SoakCommand.Create());

return RocksDbEngine.Exit(CommandLineProgram.Run(root, Presets.Expand(args)));
