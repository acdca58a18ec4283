using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Runs;

/// <summary>
/// Measures all mixes on all cases, round after round. Cases that are compared take turns within a round, and another
/// one is first in the next, so that what else happens on the machine meets all of them alike.
/// </summary>
internal abstract class Benchmark(LoadSettings load, RunClock clock, ProgressLine progress)
{
    private readonly Dictionary<(BenchCase Case, Mix Mix), Series> _series = [];

    /// <summary>Whether the user ended the run before its last round.</summary>
    internal bool WasInterrupted { get; private set; }

    /// <summary>What was measured, in the order in which it is to be shown.</summary>
    internal IReadOnlyCollection<Series> Series => _series.Values;

    /// <summary>The first errors of each series that has any.</summary>
    internal IEnumerable<Series> Failed => _series.Values.Where(series => series.Errors > 0);

    /// <summary>What is done.</summary>
    protected LoadSettings Load => load;

    /// <summary>What keys look like.</summary>
    protected KeyPattern KeyPattern { get; } = load.KeyPattern;

    /// <summary>What values look like.</summary>
    protected ValuePattern ValuePattern { get; } = new(load.ValueBytes);

    /// <summary>How skewed keys are drawn.</summary>
    protected ZipfianDistribution? Zipfian { get; } = load.Distribution.IsUniform
        ? null
        : new ZipfianDistribution(load.Keys, load.Distribution.Theta);

    /// <summary>Runs. What a case throws ends the run, but not the results that there are.</summary>
    internal void Run(IReadOnlyList<IReadOnlyList<BenchCase>> turns)
    {
        foreach (Mix mix in load.Mixes)
        {
            foreach (BenchCase one in turns.SelectMany(turn => turn))
            {
                _series.Add((one, mix), new Series(one, mix));
            }
        }

        try
        {
            for (int round = 0; round <= load.Rounds; round++)
            {
                foreach (IReadOnlyList<BenchCase> turn in turns)
                {
                    RunTurn(turn, round);
                }
            }
        }
        catch (RunInterruptedException)
        {
            WasInterrupted = true;
        }
    }

    /// <summary>The results of the series that have any.</summary>
    /// <param name="folder">Where the stores were.</param>
    internal IEnumerable<BenchResult> Results(string folder)
    {
        BenchSettings common = CommonSettings(folder);
        return _series.Values.Where(series => series.HasRounds)
            .Select(series => series.ToResult(common, WasInterrupted));
    }

    /// <summary>Measures all mixes on one case.</summary>
    protected abstract void RunCase(BenchCase subject, int round);

    /// <summary>The series of a mix on a case.</summary>
    protected Series SeriesOf(BenchCase subject, Mix mix) => _series[(subject, mix)];

    /// <summary>What a part does.</summary>
    protected PartSettings PartFor(BenchCase subject, Mix mix, int threads, int round) => new()
    {
        Mix = mix,
        Threads = threads,
        Keys = load.Keys,
        Zipfian = Zipfian,
        KeyPattern = KeyPattern,
        ValuePattern = ValuePattern,
        Batch = subject.Batch,
        Duration = TimeSpan.FromSeconds(load.Seconds),
        Rate = mix == Mix.Load ? null : load.Rate,
        SampleEvery = _series.TryGetValue((subject, mix), out Series? series) ? series.SampleEvery : 1,
        Seed = round,
    };

    /// <summary>Takes a part's result, and throws where it was cut short by the user.</summary>
    /// <param name="series">Where it belongs.</param>
    /// <param name="round">The round; 0 warms up.</param>
    /// <param name="result">The result.</param>
    /// <param name="store">Reads what the store took.</param>
    protected void Take(Series series, int round, PartResult result, Func<StoreFigures> store)
    {
        if (round == 0)
        {
            series.AddWarmUp(result);
        }
        else if (!clock.IsStopped || (series.Mix != Mix.Load && result.Operations > 0))
        {
            // Half of a part says what it is worth. Half of a load is another load.
            series.Add(result, store());
        }

        ThrowIfInterrupted();
    }

    /// <summary>Ends the run if the user wants that.</summary>
    /// <exception cref="RunInterruptedException">The user does.</exception>
    protected void ThrowIfInterrupted()
    {
        if (clock.IsStopped)
        {
            throw new RunInterruptedException();
        }
    }

    /// <summary>Says what is being done.</summary>
    protected void Show(BenchCase subject, string what, int round) => progress.Show(
        $"{(round == 0 ? "warming up" : $"round {round} of {load.Rounds}")}: {subject.Name}, {what}");

    private void RunTurn(IReadOnlyList<BenchCase> turn, int round)
    {
        for (int i = 0; i < turn.Count; i++)
        {
            ThrowIfInterrupted();
            RunCase(turn[(i + round) % turn.Count], round);
        }
    }

    private BenchSettings CommonSettings(string folder)
    {
        MachineInfo machine = MachineInfo.Current;
        return new BenchSettings
        {
            Preset = load.Workload,
            Keys = load.Keys,
            KeyFormat = load.KeyFormat.ToString().ToLowerInvariant(),
            KeyBytes = KeyPattern.MaxBytes,
            ValueBytes = load.ValueBytes.Max,
            MinValueBytes = load.ValueBytes.Min < load.ValueBytes.Max ? load.ValueBytes.Min : null,
            Distribution = load.Distribution.ToString(),
            Rate = load.Rate,
            Durability = load.Durability.Level.ToString().ToLowerInvariant(),
            SyncIntervalMs = load.Durability.Level == Durability.Interval
                ? load.Durability.Interval.TotalMilliseconds
                : null,
            Seconds = load.Seconds,
            Rounds = load.Rounds,
            KvsVersion = CommandLineProgram.Version,
            Runtime = machine.Runtime,
            OperatingSystem = machine.OperatingSystem,
            Processors = machine.Processors,
            Processor = machine.Processor,
            MemoryBytes = machine.MemoryBytes,
            Disk = MachineInfo.DescribeDisk(folder),
            MeasuredAt = DateTimeOffset.UtcNow,
        };
    }
}
