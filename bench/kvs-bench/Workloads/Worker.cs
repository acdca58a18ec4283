using System.Diagnostics;
using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>One thread's share of a part: makes calls until the time is over, and measures some of them.</summary>
/// <remarks>Used by one thread, then read by the one that joined it. Allocates nothing while it runs.</remarks>
internal abstract class Worker
{
    private readonly int _sampleEvery;

    /// <summary>Makes a worker.</summary>
    protected Worker(PartSettings part, int thread, IDriverSession session)
    {
        _sampleEvery = part.SampleEvery;
        Pattern = part.Pattern;
        Source = new OperationSource(part, thread);
        Session = session;
    }

    /// <summary>Keys got and set.</summary>
    internal long Operations { get; private set; }

    /// <summary>Latencies of calls that get.</summary>
    internal LatencyHistogram Gets { get; } = new();

    /// <summary>Latencies of calls that set.</summary>
    internal LatencyHistogram Sets { get; } = new();

    /// <summary>What was wrong with what was got.</summary>
    internal abstract ref CheckedValues Checked { get; }

    /// <summary>What keys and values look like.</summary>
    protected ValuePattern Pattern { get; }

    /// <summary>What to do next.</summary>
    protected OperationSource Source { get; }

    /// <summary>The store.</summary>
    protected IDriverSession Session { get; }

    /// <summary>The worker for a part.</summary>
    internal static Worker Create(PartSettings part, int thread, IDriverSession session) => part.Batch == 1
        ? new SingleWorker(part, thread, session)
        : new BatchWorker(part, thread, session);

    /// <summary>
    /// Runs. One call in <c>SampleEvery</c> is measured. What lies between two measured ones is measured as a whole,
    /// which costs nothing more: no stall escapes the maximum.
    /// </summary>
    internal void Run(RunClock clock)
    {
        long deadline = clock.Deadline;
        long end = 0;
        LatencyHistogram histogram = Sets;
        while (true)
        {
            long begin = Stopwatch.GetTimestamp();
            if (end != 0 && _sampleEvery > 1)
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
            for (int i = 1; i < _sampleEvery; i++)
            {
                keys += MakeCall(out _);
            }

            Operations += keys;
            if (end >= deadline || clock.IsStopped)
            {
                return;
            }
        }
    }

    /// <summary>Makes one call of the store.</summary>
    /// <param name="kind">What it was; none when there is nothing left to do.</param>
    /// <returns>How many keys it was about.</returns>
    protected abstract int MakeCall(out OperationKind kind);
}
