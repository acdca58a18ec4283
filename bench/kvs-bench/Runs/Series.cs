using Kvs.Bench.Measures;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Runs;

/// <summary>What all rounds of one mix on one case have brought. The first round warms up: only its errors count, and
/// its speed says how often the others measure a latency.</summary>
internal sealed class Series(BenchCase subject, Mix mix)
{
    /// <summary>Where calls are faster than this, the two looks at the clock (some 25 ns each) would show.</summary>
    private const double FastCallNs = 2000;

    /// <summary>How many of fast calls share one measurement.</summary>
    private const int FastSampleEvery = 16;

    private const double BytesPerMb = 1e6;

    private readonly List<Round> _rounds = [];

    private sealed record Round(PartResult Result, StoreFigures Store)
    {
        internal double OpsPerSecond => Result.Operations / Result.Seconds;
    }

    internal BenchCase Case => subject;

    internal Mix Mix => mix;

    /// <summary>Whether there is a measured round.</summary>
    internal bool HasRounds => _rounds.Count > 0;

    /// <summary>The latency of each so many-th call is measured.</summary>
    internal int SampleEvery { get; private set; } = FastSampleEvery;

    /// <summary>Errors of all rounds, that of warming up included.</summary>
    internal long Errors { get; private set; }

    /// <summary>The first of them, in words.</summary>
    internal string? FirstError { get; private set; }

    internal string Name => subject.NameOf(mix);

    /// <summary>Takes the errors of a part, whatever it was for.</summary>
    internal void AddErrors(PartResult result)
    {
        Errors += result.Errors;
        FirstError ??= result.FirstError;
    }

    /// <summary>Takes the result of the round that warms up.</summary>
    internal void AddWarmUp(PartResult result)
    {
        double calls = Math.Max(1, (double)result.Operations / subject.Batch);
        SampleEvery = result.Seconds * 1e9 * subject.Parallel / calls < FastCallNs ? FastSampleEvery : 1;
        AddErrors(result);
    }

    /// <summary>Takes the result of a measured round.</summary>
    internal void Add(PartResult result, StoreFigures store)
    {
        _rounds.Add(new Round(result, store));
        AddErrors(result);
    }

    /// <summary>Sums up the rounds, of which there must be one.</summary>
    /// <param name="common">The settings that all cases of the run have in common.</param>
    /// <param name="wasInterrupted">Whether there should have been more.</param>
    internal BenchResult ToResult(BenchSettings common, bool wasInterrupted)
    {
        double? rate = mix == Mix.Load ? null : common.Rate;
        BenchSettings settings = subject.Complete(common with
        {
            Rate = rate,
            LatencySampleEvery = rate is null ? SampleEvery : 1,
        });
        bool isServer = settings.Clients is not null;
        bool isOwnLoad = settings.Tool is null;
        double cpuNsPerOp = MedianOf(round => (double)round.Result.CpuNs / round.Result.Operations);
        double allocatedBytesPerOp = MedianOf(round => (double)round.Result.AllocatedBytes / round.Result.Operations);
        return new BenchResult
        {
            Workload = mix.Name(),
            Settings = settings with { LatencyOf = settings.Batch == 1 ? "operation" : "batch" },
            Interrupted = wasInterrupted ? true : null,
            Operations = _rounds.Sum(round => round.Result.Operations),
            Errors = Errors,
            FirstError = FirstError,
            OperationsNotBegun = settings.Rate is null ? null : _rounds.Sum(round => round.Result.NotBegun),
            Seconds = _rounds.Sum(round => round.Result.Seconds),
            OpsPerSecond = MedianOf(round => round.OpsPerSecond),
            OpsPerSecondByRound = [.. _rounds.Select(round => round.OpsPerSecond)],
            OpsPerSecondByServer = settings.Servers is { } servers && isOwnLoad ? RatesByServer(servers) : null,
            ValueMbPerSecond = MedianOf(round => round.Result.ValueBytes / round.Result.Seconds / BytesPerMb),
            LatencyUs = LatencyOf(round => round.Result.Latency),
            GetLatencyUs = LatencyOf(round => round.Result.GetLatency),
            SetLatencyUs = LatencyOf(round => round.Result.SetLatency),
            CpuNsPerOp = isServer
                ? MedianOrNull(round => (double?)round.Store.ServerCpuNs / round.Result.Operations)
                : cpuNsPerOp,
            ClientCpuNsPerOp = isServer && isOwnLoad ? cpuNsPerOp : null,
            AllocatedBytesPerOp = isServer ? null : allocatedBytesPerOp,
            ClientAllocatedBytesPerOp = isServer && isOwnLoad ? allocatedBytesPerOp : null,
            ResidentBytes = (long?)MedianOrNull(round => round.Store.ResidentBytes),
            ResidentAnonymousBytes = (long?)MedianOrNull(round => round.Store.ResidentAnonymousBytes),
            DiskBytes = (long?)MedianOrNull(round => round.Store.DiskBytes),
            IndexBytes = _rounds[^1].Store.IndexBytes,
            OpsPerSecondOverTime = isOwnLoad ? [.. _rounds.Select(round => round.Result.Timeline.Rates())] : null,
            OverTimeIntervalMs = Timeline.IntervalFor(mix == Mix.Load
                ? Timeout.InfiniteTimeSpan
                : TimeSpan.FromSeconds(settings.Seconds)).TotalMilliseconds,
        };
    }

    // Over the measured rounds as one: the rate that a dashboard of the server would have shown most of the time.
    private double[]? RatesByServer(int servers)
    {
        double[] medians = new double[servers];
        for (int server = 0; server < servers; server++)
        {
            double[] rates = [.. _rounds.SelectMany(round => round.Result.Timeline.RatesAt(server))];
            if (rates.Length == 0)
            {
                return null;
            }

            medians[server] = Median.Of(rates);
        }

        return medians;
    }

    private LatencyUs? LatencyOf(Func<Round, LatencyUs?> figure) => LatencyUs.MedianOf(_rounds.Select(figure));

    private double MedianOf(Func<Round, double> figure) => Median.Of(_rounds.Select(figure));

    private double? MedianOrNull(Func<Round, double?> figure)
    {
        double[] values = [.. _rounds.Select(figure).OfType<double>()];
        return values.Length == 0 ? null : Median.Of(values);
    }
}
