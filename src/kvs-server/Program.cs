using System.CommandLine;
using Kvs.CommandLine;
using Kvs.RocksDb;
using Kvs.ServerProgram;

// Before the options, which name all engines.
RocksDbEngine.Register();
RootCommand root = CommandLineProgram.CreateRoot("kvs-server", "Serves a kvs store over TCP.");
var options = new ServerOptions();
options.AddTo(root);
root.SetAction(parsed => ServerRun.Run(options.Read(parsed)));
return CommandLineProgram.Run(root, args);
