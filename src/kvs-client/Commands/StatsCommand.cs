using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>stats</c>: prints the server's figures, a line each (<c>name: value</c>), or as one JSON object; of
/// several servers one after the other, under their addresses.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("stats", "Print figures about the server and its store");
        var json = new Option<bool>("--json") { Description = "As one JSON object" };
        command.Add(json);
        command.SetAction(parsed =>
        {
            var servers = new List<(EndPoint Address, IReadOnlyList<KeyValuePair<string, string>> Figures)>();
            int exitCode = command.ForEachServer(
                parsed, (address, client) => servers.Add((address, client.Stats())));
            bool isOne = command.GetAddresses(parsed).Length == 1;
            if (parsed.GetValue(json) && servers.Count > 0)
            {
                Console.Out.WriteLine(ToJson(servers, isOne));
                return exitCode;
            }

            foreach ((EndPoint address, IReadOnlyList<KeyValuePair<string, string>> figures) in servers)
            {
                if (!isOne)
                {
                    Console.Out.WriteLine($"server: {Address.Format(address)}");
                }

                foreach ((string name, string value) in figures)
                {
                    Console.Out.WriteLine($"{name}: {value}");
                }
            }

            return exitCode;
        });
        return command;
    }

    private static string ToJson(
        List<(EndPoint Address, IReadOnlyList<KeyValuePair<string, string>> Figures)> servers, bool isOne)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            if (isOne)
            {
                WriteFigures(writer, servers[0].Figures);
            }
            else
            {
                writer.WriteStartObject();
                foreach ((EndPoint address, IReadOnlyList<KeyValuePair<string, string>> figures) in servers)
                {
                    writer.WritePropertyName(Address.Format(address));
                    WriteFigures(writer, figures);
                }

                writer.WriteEndObject();
            }
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteFigures(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> figures)
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in figures)
        {
            WriteFigure(writer, name, value);
        }

        writer.WriteEndObject();
    }

    // The protocol carries figures as text; what is a number there is one here.
    private static void WriteFigure(Utf8JsonWriter writer, string name, string value)
    {
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            writer.WriteNumber(name, whole);
        }
        else if (decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteString(name, value);
        }
    }
}
