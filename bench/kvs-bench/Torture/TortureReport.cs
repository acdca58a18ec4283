using System.Globalization;
using System.Text.Json;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>What a torture has come to.</summary>
internal sealed record TortureReport
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public required string Target { get; init; }

    public required string Durability { get; init; }

    public required int Seed { get; init; }

    public required int Threads { get; init; }

    public required int Kills { get; init; }

    /// <summary>Those of <see cref="Kills"/> that came while the store was opened.</summary>
    public required int KillsWhileOpening { get; init; }

    public required int PowerCuts { get; init; }

    public required double Seconds { get; init; }

    public required long AcknowledgedWrites { get; init; }

    public required long UnansweredWrites { get; init; }

    public required long UnansweredWritesMade { get; init; }

    /// <summary>What power cuts took, as far as the level allows it.</summary>
    public required long TakenWrites { get; init; }

    public required double LongestTakenMs { get; init; }

    public required long Compactions { get; init; }

    public string KvsVersion { get; init; } = CommandLineProgram.Version;

    internal void WriteJson(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, s_json) + "\n");

    internal void WriteText(TextWriter output)
    {
        void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        Line($"{Kills} kills of a {Target} at {Durability} in {Seconds:f1} s, {KillsWhileOpening} of them while it opened");
        Line($"{AcknowledgedWrites:n0} writes acknowledged; of {UnansweredWrites:n0} unanswered, {UnansweredWritesMade:n0} were made");
        if (Compactions > 0)
        {
            Line($"{Compactions:n0} rounds of compaction");
        }

        if (PowerCuts > 0)
        {
            Line($"{PowerCuts} power cuts took {TakenWrites:n0} writes, the oldest {LongestTakenMs:f0} ms before");
        }

        Line($"Nothing is missing, nothing was made up, all batches are whole (seed {Seed})");
    }
}
