using System.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>ping</c>: prints <c>PONG</c> when the server answers, once for each server that does.</summary>
internal static class PingCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("ping", "Print PONG if the server answers");
        command.SetAction(parsed => command.ForEachServer(parsed, static (_, client) =>
        {
            client.Ping();
            Console.Out.WriteLine("PONG");
        }));
        return command;
    }
}
