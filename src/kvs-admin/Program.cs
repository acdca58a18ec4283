using System.CommandLine;
using Kvs.AdminProgram.Commands;
using Kvs.CommandLine;

RootCommand root = CommandLineProgram.CreateRoot("kvs-admin", "Looks after the folder of a store that is not in use.");
root.Add(VerifyCommand.Create());
root.Add(DumpCommand.Create());
root.Add(CompactCommand.Create());
root.Add(SalvageCommand.Create());
root.Add(BackupCommand.Create());

if (args.Length == 0)
{
    // What was asked for is not known, so the usage is a message and not the program's data.
    root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
    return 1;
}

return CommandLineProgram.Run(root, args);
