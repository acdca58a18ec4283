using System.CommandLine;
using System.Net;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>ping</c>: prints <c>PONG</c> when the server answers, once for each server.</summary>
internal static class PingCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("ping", "Print PONG if the server answers");
        command.SetAction(parsed =>
        {
            foreach (EndPoint address in command.GetAddresses(parsed))
            {
                using KvsClient client = command.Connect(address, parsed);
                client.Ping();
                Console.Out.WriteLine("PONG");
            }

            return 0;
        });
        return command;
    }
}
