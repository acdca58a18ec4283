using System.Diagnostics;
using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>Uses a store in this process: makes calls until the time is over, and measures some of them.</summary>
/// <remarks>Allocates nothing while it runs.</remarks>
internal abstract class Worker : IPartWorker
{
    private readonly PartSettings _part;
    private readonly SourcePlace _place;
    private long _operations;

    /// <summary>Makes a worker.</summary>
    protected Worker(PartSettings part, int thread, IDriverSession session)
    {
        _part = part;
        _place = new SourcePlace(thread, part.Threads);
        Source = new OperationSource(part, _place);
        Session = session;
    }

    /// <inheritdoc/>
    public LatencyHistogram Gets { get; } = new();

    /// <inheritdoc/>
    public LatencyHistogram Sets { get; } = new();

    /// <inheritdoc/>
    public LatencyHistogram Both { get; } = new();

    /// <inheritdoc/>
    public long ValueBytes { get; protected set; }

    /// <inheritdoc/>
    public long NotBegun { get; private set; }

    /// <inheritdoc/>
    public long Errors => Checked.Errors;

    /// <inheritdoc/>
    public string? FirstError => Checked.FirstError;

    /// <summary>What was wrong with what was got.</summary>
    protected abstract ref CheckedValues Checked { get; }

    /// <summary>What keys look like.</summary>
    protected KeyPattern KeyPattern => _part.KeyPattern;

    /// <summary>What values look like.</summary>
    protected ValuePattern ValuePattern => _part.ValuePattern;

    /// <summary>What to do next.</summary>
    protected OperationSource Source { get; }

    /// <summary>The store.</summary>
    protected IDriverSession Session { get; }

    /// <summary>The worker for a part.</summary>
    internal static Worker Create(PartSettings part, int thread, IDriverSession session) => part.Batch == 1
        ? new SingleWorker(part, thread, session)
        : new BatchWorker(part, thread, session);

    /// <inheritdoc/>
    public long OperationsAt(int server) => Volatile.Read(ref _operations);

    /// <inheritdoc/>
    public void Run(RunClock clock)
    {
        if (_part.Rate is { } rate)
        {
            RunAtRate(clock, new Schedule(clock.Begin, rate / _part.Batch, _place.Seat, _place.Seats));
        }
        else
        {
            RunFreely(clock);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Session.Dispose();

    /// <summary>Makes one call of the store.</summary>
    /// <param name="kind">What it was; none when there is nothing left to do.</param>
    /// <returns>How many keys it was about.</returns>
    protected abstract int MakeCall(out OperationKind kind);

    /// <summary>
    /// Makes each call when the one before has ended. One in <c>SampleEvery</c> is measured. What lies between two
    /// measured ones is measured as a whole, which costs nothing more: no stall escapes the maximum.
    /// </summary>
    private void RunFreely(RunClock clock)
    {
        int sampleEvery = _part.SampleEvery;
        long end = 0;
        LatencyHistogram histogram = Sets;
        while (end < clock.Deadline && !clock.IsStopped)
        {
            long begin = Stopwatch.GetTimestamp();
            if (end != 0 && sampleEvery > 1)
            {
                histogram.NoteMax(begin - end);
            }

            int keys = MakeCall(out OperationKind kind);
            end = Stopwatch.GetTimestamp();
            if (kind == OperationKind.None)
            {
                return;
            }

            histogram = kind == OperationKind.Get ? Gets : Sets;
            histogram.Record(end - begin);
            for (int i = 1; i < sampleEvery; i++)
            {
                keys += MakeCall(out _);
            }

            Volatile.Write(ref _operations, _operations + keys);
        }
    }

    /// <summary>Makes each call at its time, or as soon after it as the calls before let it; its latency counts from
    /// its time, so that a stall is the latency of all calls that it held up.</summary>
    private void RunAtRate(RunClock clock, Schedule schedule)
    {
        while (schedule.Next < clock.Deadline && schedule.Wait(clock))
        {
            if (Stopwatch.GetTimestamp() >= clock.Deadline)
            {
                NotBegun = schedule.CountUntil(clock.Deadline) * _part.Batch;
                return;
            }

            int keys = MakeCall(out OperationKind kind);
            if (kind == OperationKind.None)
            {
                return;
            }

            (kind == OperationKind.Get ? Gets : Sets).Record(Stopwatch.GetTimestamp() - schedule.Next);
            schedule.Advance();
            Volatile.Write(ref _operations, _operations + keys);
        }
    }
}
