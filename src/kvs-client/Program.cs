using System.CommandLine;
using Kvs.ClientProgram.Commands;
using Kvs.CommandLine;

RootCommand root = CommandLineProgram.CreateRoot("kvs-client",
    """
    Reads and writes a kvs server, on 127.0.0.1:4000 unless told otherwise.

    kvs-client COMMAND --help lists the options of a command (--addr, --password-file, --tls ...); they go after it.
    """);
root.Add(SetCommand.Create());
root.Add(GetCommand.Create());
root.Add(RemoveCommand.Create());
root.Add(GetManyCommand.Create());
root.Add(ImportCommand.Create());
root.Add(ExportCommand.Create());
root.Add(PingCommand.Create());
root.Add(StatsCommand.Create());

if (args.Length == 0)
{
    // What was asked for is not known, so the usage is a message and not the program's data.
    root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
    return 1;
}

return CommandLineProgram.Run(root, args);
