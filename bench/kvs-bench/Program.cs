using System.CommandLine;
using Kvs.Bench;
using Kvs.CommandLine;

RootCommand root = CommandLineProgram.CreateRoot("kvs-bench", "Measures kvs on this machine.");
root.Add(EmbeddedCommand.Create());
return CommandLineProgram.Run(root, args);
