using System.CommandLine;
using Kvs.CommandLine;
using Kvs.RocksDb;
using Kvs.ServerProgram.Settings;

// Before the options, which name all engines.
RocksDbEngine.Register();
RootCommand root = CommandLineProgram.CreateRoot("kvs-server", "Serves a kvs store over TCP, TLS and Unix sockets.");
var commandLine = new ServerCommandLine();
commandLine.AddTo(root);
root.SetAction(commandLine.Run);
return RocksDbEngine.Exit(CommandLineProgram.Run(root, args));
