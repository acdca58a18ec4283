using System.CommandLine;
using Kvs.Bench.Options;
using Kvs.CommandLine;
using Kvs.RocksDb;

RocksDbEngine.Register();
RootCommand root = CommandLineProgram.CreateRoot("kvs-bench", "Measures kvs on this machine.");
foreach (Command command in EmbeddedCommand.CreateAll())
{
    root.Add(command);
}

return CommandLineProgram.Run(root, args);
