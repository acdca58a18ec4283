using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram.Logging;

/// <summary>The server's log: lines on the standard error stream.</summary>
/// <remarks>Any thread may call any member: the stream writes one line after the other.</remarks>
internal sealed class ServerLog(LogFormat format, LogLevel level)
{
    /// <summary>Not the way of a web page: a log is read as it is.</summary>
    private static readonly JsonWriterOptions s_json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal LogFormat Format => format;

    internal bool IsEnabled(LogLevel asked) => asked >= level && asked < LogLevel.None;

    /// <summary>Writes a line of information.</summary>
    /// <param name="message">The line.</param>
    /// <param name="fields">What it is made of, for programs.</param>
    internal void Write(string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(LogLevel.Information, null, message, null, fields);

    /// <summary>Writes a line.</summary>
    internal void Write(LogLevel of, string? category, string message, Exception? exception = null,
        params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        if (!IsEnabled(of))
        {
            return;
        }

        string line = format == LogFormat.Json
            ? ToJson(of, category, message, exception, fields)
            : ToText(of, category, message, exception);
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The reader of the log has gone (a closed pipe): data is served all the same.
        }
    }

    private static string ToText(LogLevel of, string? category, string message, Exception? exception)
    {
        string prefix = of == LogLevel.Information ? string.Empty : $"{NameOf(of)}: ";
        string source = category is null ? string.Empty : $"{category}: ";
        string cause = exception is null ? string.Empty : $": {exception}";
        return $"{prefix}{source}{message}{cause}";
    }

    private static string ToJson(LogLevel of, string? category, string message, Exception? exception,
        ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ",
                CultureInfo.InvariantCulture));
            json.WriteString("level", NameOf(of));
            json.WriteString("message", message);
            if (category is not null)
            {
                json.WriteString("category", category);
            }

            foreach ((string name, object? value) in fields)
            {
                Write(json, JsonNamingPolicy.CamelCase.ConvertName(name), value);
            }

            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool truth:
                json.WriteBoolean(name, truth);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string NameOf(LogLevel of) => of switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        LogLevel.Information => "info",
        _ => "debug",
    };
}
