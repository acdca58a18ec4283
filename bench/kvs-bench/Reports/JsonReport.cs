using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Runs;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Reports;

/// <summary>The results as a JSON array, one element for each mix on each case.</summary>
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

    /// <summary>Everything that a result depends on.</summary>
    private sealed record Settings(
        string Engine,
        string EngineNotes,
        int Keys,
        int KeyBytes,
        int ValueBytes,
        string Distribution,
        int Threads,
        int Batch,
        bool Atomic,
        string LatencyOf,
        int LatencySampleEvery,
        string Durability,
        double? SyncIntervalMs,
        int? Partitions,
        double Seconds,
        int Rounds,
        string KvsVersion,
        string Runtime,
        string OperatingSystem,
        int Processors);

    private sealed record Result(
        string Workload,
        Settings Settings,
        long Operations,
        long Errors,
        double Seconds,
        double OpsPerSecond,
        IEnumerable<double> OpsPerSecondByRound,
        LatencyUs LatencyUs,
        LatencyUs? GetLatencyUs,
        LatencyUs? SetLatencyUs,
        double CpuNsPerOp,
        double AllocatedBytesPerOp,
        long ResidentBytes,
        long ResidentAnonymousBytes,
        long DiskBytes,
        long? IndexBytes);

    /// <summary>Writes it.</summary>
    internal static void Write(Stream output, EmbeddedSettings settings, IReadOnlyList<Series> results)
    {
        JsonSerializer.Serialize(output, results.Select(series => ResultOf(settings, series)), s_options);
        output.Write("\n"u8);
    }

    private static Result ResultOf(EmbeddedSettings settings, Series series) => new(
        series.Mix.Name(),
        SettingsOf(settings, series),
        series.Operations,
        series.Errors,
        series.Seconds,
        series.OpsPerSecond,
        series.Rounds.Select(round => round.OpsPerSecond),
        series.Latency ?? LatencyUs.None,
        series.GetLatency,
        series.SetLatency,
        series.CpuNsPerOp,
        series.AllocatedBytesPerOp,
        series.ResidentBytes,
        series.ResidentAnonymousBytes,
        series.DiskBytes,
        series.IndexBytes);

    private static Settings SettingsOf(EmbeddedSettings settings, Series series) => new(
        series.Store.Engine.Name,
        series.EngineNotes,
        settings.Keys,
        settings.KeyBytes,
        settings.ValueBytes,
        settings.Distribution.ToString(),
        series.Store.Threads,
        settings.Batch,
        settings.IsAtomic,
        settings.Batch == 1 ? "operation" : "batch",
        series.SampleEvery,
        settings.Durability.Level.ToString().ToLowerInvariant(),
        settings.Durability.Level == Durability.Interval ? settings.Durability.Interval.TotalMilliseconds : null,
        series.Store.Partitions,
        settings.Seconds,
        settings.Rounds,
        CommandLineProgram.Version,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription,
        Environment.ProcessorCount);
}
