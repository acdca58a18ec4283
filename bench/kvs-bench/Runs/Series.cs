using Kvs.Bench.Measures;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Runs;

/// <summary>What all rounds of one mix on one case have brought. The first round warms up: only its errors count, and
/// its speed says how often the others measure a latency.</summary>
internal sealed class Series(StoreCase store, Mix mix, string engineNotes)
{
    /// <summary>Where calls are faster than this, the two looks at the clock (some 25 ns each) would show.</summary>
    private const double FastCallNs = 2000;

    /// <summary>How many of fast calls share one measurement.</summary>
    private const int FastSampleEvery = 16;

    private readonly List<Round> _rounds = [];

    /// <summary>One round's result, and what the process and the store took behind it.</summary>
    internal sealed record Round(PartResult Result, long ResidentBytes, long ResidentAnonymousBytes, long DiskBytes,
        long? IndexBytes)
    {
        internal double OpsPerSecond => Result.Operations / Result.Seconds;
    }

    internal StoreCase Store => store;

    internal Mix Mix => mix;

    /// <summary>What a reader has to know about how the engine was opened.</summary>
    internal string EngineNotes => engineNotes;

    /// <summary>The measured rounds in their order.</summary>
    internal IReadOnlyList<Round> Rounds => _rounds;

    /// <summary>The latency of each so many-th call is measured.</summary>
    internal int SampleEvery { get; private set; } = FastSampleEvery;

    /// <summary>Errors of all rounds, that of warming up included.</summary>
    internal long Errors { get; private set; }

    /// <summary>The first of them, in words.</summary>
    internal string? FirstError { get; private set; }

    internal string Name => string.Concat(store.Engine.Name, ", ", mix.Name(), ", ", Count(store.Threads, "thread"),
        store.Partitions is { } partitions ? ", " + Count(partitions, "partition") : "");

    internal long Operations => _rounds.Sum(round => round.Result.Operations);

    internal double Seconds => _rounds.Sum(round => round.Result.Seconds);

    internal double OpsPerSecond => MedianOf(round => round.OpsPerSecond);

    internal LatencyUs? Latency => LatencyUs.MedianOf(_rounds.Select(round => round.Result.Latency));

    internal LatencyUs? GetLatency => LatencyUs.MedianOf(_rounds.Select(round => round.Result.GetLatency));

    internal LatencyUs? SetLatency => LatencyUs.MedianOf(_rounds.Select(round => round.Result.SetLatency));

    internal double CpuNsPerOp => MedianOf(round => (double)round.Result.CpuNs / round.Result.Operations);

    internal double AllocatedBytesPerOp =>
        MedianOf(round => (double)round.Result.AllocatedBytes / round.Result.Operations);

    internal long ResidentBytes => (long)MedianOf(round => round.ResidentBytes);

    internal long ResidentAnonymousBytes => (long)MedianOf(round => round.ResidentAnonymousBytes);

    internal long DiskBytes => (long)MedianOf(round => round.DiskBytes);

    /// <summary>What the index takes, where that is known.</summary>
    internal long? IndexBytes => _rounds[^1].IndexBytes;

    /// <summary>Takes the result of the round that warms up.</summary>
    /// <param name="result">The result.</param>
    /// <param name="callKeys">How many keys each call was about.</param>
    internal void AddWarmUp(PartResult result, int callKeys)
    {
        double calls = Math.Max(1, (double)result.Operations / callKeys);
        SampleEvery = result.Seconds * 1e9 * store.Threads / calls < FastCallNs ? FastSampleEvery : 1;
        AddErrors(result);
    }

    /// <summary>Takes the result of a measured round.</summary>
    internal void Add(Round round)
    {
        _rounds.Add(round);
        AddErrors(round.Result);
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

    private void AddErrors(PartResult result)
    {
        Errors += result.Errors;
        FirstError ??= result.FirstError;
    }

    private double MedianOf(Func<Round, double> figure) => Median.Of(_rounds.Select(figure));
}
