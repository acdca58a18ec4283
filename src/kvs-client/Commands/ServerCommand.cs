using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Text;
using Kvs.Client;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary>A sub-command that talks to servers: has the option <c>--addr</c>, several times where each of several
/// servers has a part of the keys (<see cref="SlotMap"/>), and connects.</summary>
internal sealed class ServerCommand : Command
{
    private readonly Option<IPEndPoint[]> _addresses = new("--addr")
    {
        Description = "Where the server listens; several times for several, always in the same order",
        HelpName = "IP:PORT",
        DefaultValueFactory = _ => [Address.Default],
        CustomParser = ParseAddresses,
    };

    private readonly Option<FileInfo?> _passwordFile = new("--password-file")
    {
        Description = "A file with the server's password",
        HelpName = "FILE",
    };

    public ServerCommand(string name, string description) : base(name, description)
    {
        Add(_addresses);
        Add(_passwordFile);
    }

    /// <summary>Says what the command does with a connection to the server that owns a key; what it returns is the exit
    /// code.</summary>
    public void SetAction(Argument<string> key, Func<KvsClient, ParseResult, int> action) => SetAction(parsed =>
    {
        IPEndPoint[] addresses = GetAddresses(parsed);
        byte[] bytes = Encoding.UTF8.GetBytes(parsed.GetRequiredValue(key));
        using KvsClient client = Connect(addresses[SlotMap.OwnerOf(bytes, addresses.Length)], parsed);
        return action(client, parsed);
    });

    /// <summary>The addresses that were given.</summary>
    public IPEndPoint[] GetAddresses(ParseResult parsed) => parsed.GetRequiredValue(_addresses);

    /// <summary>How servers are connected to.</summary>
    public KvsClientOptions GetOptions(ParseResult parsed) => new()
    {
        Password = parsed.GetValue(_passwordFile) is { } file
            ? File.ReadAllText(file.FullName).TrimEnd('\r', '\n')
            : null,
    };

    /// <summary>Connects to one of the servers.</summary>
    public KvsClient Connect(IPEndPoint address, ParseResult parsed) => KvsClient.Connect(address, GetOptions(parsed));

    private static IPEndPoint[] ParseAddresses(ArgumentResult result)
    {
        try
        {
            IPEndPoint[] addresses = [.. result.Tokens.Select(static token => Address.Parse(token.Value))];
            if (addresses.Distinct().Count() < addresses.Length)
            {
                result.AddError("The same address is given twice; each server owns a part of the keys once.");
            }

            return addresses;
        }
        catch (ProgramException exception)
        {
            result.AddError(exception.Message);
            return [];
        }
    }
}
