using System.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>ping</c>: prints <c>PONG</c> when the server answers.</summary>
internal static class PingCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("ping", "Print PONG if the server answers");
        command.SetAction((client, _) =>
        {
            client.Ping();
            Console.Out.WriteLine("PONG");
            return 0;
        });
        return command;
    }
}
