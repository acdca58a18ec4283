using System.Text.Json;
using Kvs.Bench.Options;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Servers;

/// <summary>What <c>kvs-bench make-data</c> has made: a store, and beside it what its keys and values look like.
/// </summary>
internal sealed record DataFolder
{
    private const string FileName = "data.json";
    private const string StoreName = "store";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public required int Keys { get; init; }

    public required int MinValueBytes { get; init; }

    public required int MaxValueBytes { get; init; }

    /// <summary>The folder of the store.</summary>
    internal static string StoreOf(string folder) => Path.Combine(folder, StoreName);

    /// <summary>Reads what is in a folder.</summary>
    /// <exception cref="ProgramException">It was not made by <c>make-data</c>.</exception>
    internal static DataFolder Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<DataFolder>(File.ReadAllText(file), s_options)!;
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new ProgramException(
                $"{folder} holds no data of kvs-bench make-data: {exception.Message}", exception);
        }
    }

    /// <summary>Says what is in a folder, last of all: a folder without it is not finished.</summary>
    internal void Write(string folder) =>
        File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, s_options) + "\n");

    /// <summary>What is done, with the keys and values that there are.</summary>
    internal LoadSettings Apply(LoadSettings load) => load with
    {
        Keys = Keys,
        KeyFormat = KeyFormat.Uuid,
        ValueBytes = new ByteRange(MinValueBytes, MaxValueBytes),
    };
}
