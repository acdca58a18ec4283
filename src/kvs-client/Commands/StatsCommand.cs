using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>stats</c>: prints the server's figures, a line each (<c>name: value</c>), or as one JSON object.
/// </summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("stats", "Print figures about the server and its store");
        var json = new Option<bool>("--json") { Description = "As one JSON object" };
        command.Add(json);
        command.SetAction((client, parsed) =>
        {
            IReadOnlyList<KeyValuePair<string, string>> figures = client.Stats();
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(ToJson(figures));
                return 0;
            }

            foreach ((string name, string value) in figures)
            {
                Console.Out.WriteLine($"{name}: {value}");
            }

            return 0;
        });
        return command;
    }

    private static string ToJson(IReadOnlyList<KeyValuePair<string, string>> figures)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in figures)
            {
                WriteFigure(writer, name, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
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
