using System.CommandLine;
using System.Net;
using Kvs.Client;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary>A sub-command that talks to a server: has the option <c>--addr</c> and connects to it.</summary>
internal sealed class ServerCommand : Command
{
    private readonly Option<IPEndPoint> _address = CommandLineProgram.CreateAddressOption("Where the server listens");

    public ServerCommand(string name, string description) : base(name, description) => Add(_address);

    /// <summary>Says what the command does with a connection to the server; what it returns is the exit code.</summary>
    public void SetAction(Func<KvsClient, ParseResult, int> action) => SetAction(parsed =>
    {
        using KvsClient client = KvsClient.Connect(GetAddress(parsed));
        return action(client, parsed);
    });

    /// <summary>The address that was given.</summary>
    public IPEndPoint GetAddress(ParseResult parsed) => parsed.GetRequiredValue(_address);
}
