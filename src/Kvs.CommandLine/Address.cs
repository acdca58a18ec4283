using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kvs.CommandLine;

/// <summary>Reads addresses as the programs take them: <c>127.0.0.1:4000</c>, <c>[::1]:4000</c>,
/// <c>unix:/run/kvs.sock</c>.</summary>
public static class Address
{
    /// <summary>Where a server listens, and a client looks for it, unless told otherwise.</summary>
    public static IPEndPoint Default { get; } = new(IPAddress.Loopback, 4000);

    /// <summary>What stands before the path of a Unix socket.</summary>
    private const string UnixPrefix = "unix:";

    /// <summary>What Linux takes, in bytes, without the zero behind it.</summary>
    private const int MaxUnixPathBytes = 107;

    /// <summary>Reads where a server of kvs can be: an address as <see cref="Parse(string)"/> takes it, or a Unix
    /// socket, <c>unix:PATH</c>.</summary>
    /// <exception cref="ProgramException">It is neither; the message says why.</exception>
    public static EndPoint ParseEndPoint(string text)
    {
        if (!text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return ParseAddress(text, ", or unix:PATH");
        }

        try
        {
            return new UnixDomainSocketEndPoint(text[UnixPrefix.Length..]);
        }
        catch (ArgumentException error)
        {
            throw new ProgramException(
                $"'{text}' is no Unix socket: its path must have 1 to {MaxUnixPathBytes} bytes.", error);
        }
    }

    /// <summary>An end point as <see cref="ParseEndPoint"/> reads it.</summary>
    public static string Format(EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint ? $"{UnixPrefix}{endPoint}" : $"{endPoint}";

    /// <summary>Reads an address with its port; a host name is an error, because it may stand for several addresses or
    /// for another one tomorrow.</summary>
    /// <exception cref="ProgramException">It is not an address; the message says why.</exception>
    public static IPEndPoint Parse(string text) => ParseAddress(text, orElse: string.Empty);

    private static IPEndPoint ParseAddress(string text, string orElse)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        string port = colon < 0 ? string.Empty : text[(colon + 1)..];
        if (TryParseHost(host) is not { } address)
        {
            throw Invalid(text, WhyNoHost(text), orElse);
        }

        return ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            ? new IPEndPoint(address, number)
            : throw Invalid(text, port.Length == 0 ? "the port is missing" : "the port is not 0 to 65535", orElse);
    }

    private static string WhyNoHost(string text)
    {
        if (TryParseHost(text) is not null)
        {
            return "the port is missing";
        }

        return IPAddress.TryParse(text, out IPAddress? address) &&
               address.AddressFamily == AddressFamily.InterNetworkV6
            ? "an IPv6 address stands in brackets"
            : "it does not begin with an IPv4 or IPv6 address, and host names are not looked up";
    }

    private static IPAddress? TryParseHost(string host)
    {
        if (host is ['[', .. string inBrackets, ']'])
        {
            return IPAddress.TryParse(inBrackets, out IPAddress? six) &&
                   six.AddressFamily == AddressFamily.InterNetworkV6
                ? six
                : null;
        }

        // Compared with its canonical form, because the parser takes "1" for 0.0.0.1 and "010" for 8.
        return IPAddress.TryParse(host, out IPAddress? four) && four.AddressFamily == AddressFamily.InterNetwork &&
               four.ToString() == host
            ? four
            : null;
    }

    private static ProgramException Invalid(string text, string why, string orElse) =>
        new($"'{text}' is not an address: {why}. Give IP:PORT, for example 127.0.0.1:4000 or [::1]:4000{orElse}.");
}
