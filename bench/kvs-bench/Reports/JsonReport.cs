using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kvs.CommandLine;

namespace Kvs.Bench.Reports;

/// <summary>Results as a JSON array, one element for each mix on each case.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,

        // The file is for programs and people, not for a page of HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes it.</summary>
    internal static void Write(Stream output, IReadOnlyList<BenchResult> results)
    {
        JsonSerializer.Serialize(output, results, s_options);
        output.Write("\n"u8);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="ProgramException">The file is none of this program.</exception>
    internal static IReadOnlyList<BenchResult> Read(string file)
    {
        try
        {
            using FileStream input = File.OpenRead(file);
            return JsonSerializer.Deserialize<BenchResult[]>(input, s_options) ?? [];
        }
        catch (JsonException exception)
        {
            throw new ProgramException($"{file} holds no results of kvs-bench: {exception.Message}", exception);
        }
    }
}
