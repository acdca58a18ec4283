using System.Diagnostics;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Lets a store die at some operation on its files, while its threads are in the middle of theirs, and cuts
/// what they have recorded to what counts. Any thread may call it.</summary>
internal sealed class HistoryCrash(SimulatedFiles files, Random random, bool isPowerCut) : IDisposable
{
    private readonly int _cutSeed = random.Next();
    private long _left = random.Next(1, 250);
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;
    private volatile bool _isPausing;
    private volatile bool _isOver;

    /// <summary>The files as the crash left them; null when there was none.</summary>
    internal SimulatedFiles? Image { get; private set; }

    /// <summary>Whether threads shall end: what they do from now on does not count.</summary>
    internal bool IsOver => _isOver;

    internal void Arm() => files.BeforeOperation = Count;

    internal void Disarm() => files.BeforeOperation = null;

    /// <summary>Waits while an image is taken: it must be of one moment, and writers that never pause would let none
    /// be.</summary>
    internal void PauseIfAsked()
    {
        while (_isPausing)
        {
            Thread.Yield();
        }
    }

    /// <summary>What counts of operations that were recorded: all that had returned when the image was made; of writes
    /// that had begun, nobody knows.</summary>
    internal IEnumerable<HistoryOperation> Cut(IEnumerable<HistoryOperation> operations)
    {
        List<HistoryOperation> begun = [.. operations.Where(operation => operation.Start <= _to)];
        List<HistoryOperation> kept = [.. begun.Where(operation => operation.End < _from)];
        List<HistoryOperation> unknown = [.. begun
            .Where(operation => operation.End >= _from && operation.IsWrite &&
                operation.Outcome != HistoryOutcome.NotDone)
            .Select(operation => operation with { Outcome = HistoryOutcome.Unknown, End = _to })];
        if (isPowerCut)
        {
            // A write can be seen before it is durable, and be gone with the power: who saw it knows nothing for sure.
            kept.RemoveAll(operation => (!operation.IsWrite || operation.Outcome == HistoryOutcome.NotDone) &&
                unknown.Exists(write => write.Key == operation.Key && write.Start <= operation.End));
        }

        return kept.Concat(unknown);
    }

    public void Dispose() => Disarm();

    private void Count(SimulatedOperation operation)
    {
        if (Interlocked.Decrement(ref _left) != 0)
        {
            return;
        }

        // Whoever waits for a sync is in the middle of a write; this thread may be the one that makes it.
        _isPausing = true;
        _from = Stopwatch.GetTimestamp();
        Image = isPowerCut ? files.CrashPower(PowerCut.Random(_cutSeed)) : files.CrashProcess();
        _to = Stopwatch.GetTimestamp();
        _isOver = true;
        _isPausing = false;
    }
}
