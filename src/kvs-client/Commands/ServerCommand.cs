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
    private readonly Option<EndPoint[]> _addresses = new("--addr")
    {
        Description = "Where the server listens: an address with its port, or unix:PATH for a Unix socket; several " +
                      "times for several, always in the same order",
        HelpName = "IP:PORT",
        DefaultValueFactory = _ => [Address.Default],
        CustomParser = ParseAddresses,
    };

    private readonly Option<FileInfo?> _passwordFile = new("--password-file")
    {
        Description = "A file with the server's password",
        HelpName = "FILE",
    };

    private readonly Option<bool> _tls = new("--tls")
    {
        Description = "Encrypt (TLS), and talk only to a server whose certificate is trusted",
    };

    private readonly Option<FileInfo?> _tlsAuthority = new("--tls-ca")
    {
        Description = "Encrypt, and trust these certificates instead of those that the system trusts: PEM, of an " +
                      "authority or the server's own",
        HelpName = "FILE",
    };

    private readonly Option<string?> _tlsHost = new("--tls-host")
    {
        Description = "Encrypt, and ask for a certificate of this name instead of one of the address",
        HelpName = "NAME",
    };

    public ServerCommand(string name, string description) : base(name, description)
    {
        Add(_addresses);
        Add(_passwordFile);
        Add(_tls);
        Add(_tlsAuthority);
        Add(_tlsHost);
    }

    /// <summary>Says what the command does with a connection to the server that owns a key; what it returns is the exit
    /// code.</summary>
    public void SetAction(Argument<string> key, Func<KvsClient, ParseResult, int> action) => SetAction(parsed =>
    {
        EndPoint[] addresses = GetAddresses(parsed);
        byte[] bytes = Encoding.UTF8.GetBytes(parsed.GetRequiredValue(key));
        using var client =
            KvsClient.Connect(addresses[SlotMap.OwnerOf(bytes, addresses.Length)], GetOptions(parsed));
        return action(client, parsed);
    });

    /// <summary>Does something with each server, one after the other; what it returns is the exit code. A server that
    /// fails is named on the standard error stream and costs the others nothing.</summary>
    public int ForEachServer(ParseResult parsed, Action<EndPoint, KvsClient> action)
    {
        KvsClientOptions options = GetOptions(parsed);
        int exitCode = 0;
        foreach (EndPoint address in GetAddresses(parsed))
        {
            try
            {
                using var client = KvsClient.Connect(address, options);
                action(address, client);
            }
            catch (KvsException error)
            {
                Console.Error.WriteLine(error.Message);
                exitCode = 1;
            }
        }

        return exitCode;
    }

    /// <summary>The addresses that were given.</summary>
    public EndPoint[] GetAddresses(ParseResult parsed) => parsed.GetRequiredValue(_addresses);

    /// <summary>How servers are connected to.</summary>
    public KvsClientOptions GetOptions(ParseResult parsed) => new()
    {
        Password = parsed.GetValue(_passwordFile) is { } file
            ? File.ReadAllText(file.FullName).TrimEnd('\r', '\n')
            : null,
        Tls = GetTls(parsed),
    };

    private KvsClientTls? GetTls(ParseResult parsed)
    {
        FileInfo? authority = parsed.GetValue(_tlsAuthority);
        string? host = parsed.GetValue(_tlsHost);
        if (!parsed.GetValue(_tls) && authority is null && host is null)
        {
            return null;
        }

        KvsClientTls tls = authority is null ? new KvsClientTls() : KvsClientTls.Trusting(authority.FullName);
        return tls with { TargetHost = host };
    }

    private static EndPoint[] ParseAddresses(ArgumentResult result)
    {
        try
        {
            EndPoint[] addresses = [.. result.Tokens.Select(static token => Address.ParseEndPoint(token.Value))];
            if (addresses.Distinct().Count() < addresses.Length)
            {
                result.AddError("The same address is given twice; each server owns a part of the keys once.");
            }

            return addresses;
        }
        catch (ProgramException exception)
        {
            result.AddError($"--addr: {exception.Message}");
            return [];
        }
    }
}
