namespace Kvs.Testing;

/// <summary>Checks what threads saw of keys that they set, read and removed at the same time.</summary>
/// <remarks>
/// One operation precedes another when it ended before the other started; all others overlap. Two checks for each
/// key, neither of which ever blames a sound store:
/// 1. Each get: its value was current at some moment of the call. The value's set started before the get ended, and
///    no other write lies, whole, between that set and the get.
/// 2. All operations on a value, its set and its gets, span a zone: from the first end among them to the last start.
///    Where the first end comes before the last start, the key had that value all that time, so no two such zones
///    overlap, and no value can have come and gone inside the zone of another.
/// Where every value is unique and nothing is removed, a history that passes both is linearizable (P. Gibbons,
/// E. Korach: Testing Shared Memories, SIAM Journal on Computing 26, 1997).
/// </remarks>
public static class RegisterHistory
{
    /// <summary>Checks a whole history, in any order; each key's state at the start is an
    /// <see cref="RegisterOperation.Initial"/> operation.</summary>
    /// <exception cref="HistoryViolationException">No linearizable store behaves like this.</exception>
    public static void Check(IEnumerable<RegisterOperation> operations)
    {
        foreach (IGrouping<int, RegisterOperation> key in operations.GroupBy(operation => operation.Key))
        {
            CheckKey([.. key]);
        }
    }

    private static void CheckKey(List<RegisterOperation> operations)
    {
        var sets = new Dictionary<long, RegisterOperation>();
        foreach (RegisterOperation operation in operations.Where(o => o.Kind == RegisterOperationKind.Set))
        {
            if (operation.Value == RegisterOperation.Missing || !sets.TryAdd(operation.Value, operation))
            {
                throw new ArgumentException($"The checker needs values that are unique and not 0: {operation}");
            }
        }

        var writes = new WriteOrder(operations.Where(o => o.Kind != RegisterOperationKind.Get));
        var removes = new RemoveOrder(operations.Where(o => o.Kind == RegisterOperationKind.Remove));
        foreach (RegisterOperation get in operations.Where(o => o.Kind == RegisterOperationKind.Get))
        {
            if (get.Value == RegisterOperation.Missing)
            {
                CheckMissing(get, writes, removes);
            }
            else
            {
                CheckCurrent(get, sets, writes);
            }
        }

        CheckZones(operations, sets);
    }

    private static void CheckCurrent(
        RegisterOperation get, Dictionary<long, RegisterOperation> sets, WriteOrder writes)
    {
        if (!sets.TryGetValue(get.Value, out RegisterOperation set))
        {
            throw new HistoryViolationException($"A get returned a value that nobody set.\n  {get}");
        }

        if (set.Start > get.End)
        {
            throw new HistoryViolationException($"A get returned a value before it was set.\n  {get}\n  {set}");
        }

        if (writes.LatestBefore(get.Start) is { } later && later.Start > set.End)
        {
            throw new HistoryViolationException(
                $"A get returned a value that had been overwritten.\n  {get}\n  {set}\n  {later}");
        }
    }

    private static void CheckMissing(RegisterOperation get, WriteOrder writes, RemoveOrder removes)
    {
        RegisterOperation? remove = removes.LastToEndOfThoseStartedBy(get.End);
        if (remove is null)
        {
            throw new HistoryViolationException($"A get did not find a key that nobody had removed.\n  {get}");
        }

        if (writes.LatestBefore(get.Start) is { } later && later.Start > remove.Value.End)
        {
            throw new HistoryViolationException(
                $"A get did not find a key that had been set again.\n  {get}\n  {remove}\n  {later}");
        }
    }

    private static void CheckZones(List<RegisterOperation> operations, Dictionary<long, RegisterOperation> sets)
    {
        var zones = new Dictionary<long, Zone>(sets.Count);
        foreach (RegisterOperation operation in operations.Where(o => sets.ContainsKey(o.Value)))
        {
            zones[operation.Value] = zones.TryGetValue(operation.Value, out Zone zone)
                ? new Zone(
                    operation.Value, Math.Min(zone.FirstEnd, operation.End), Math.Max(zone.LastStart, operation.Start))
                : new Zone(operation.Value, operation.End, operation.Start);
        }

        List<Zone> held = [.. zones.Values.Where(zone => zone.IsHeld).OrderBy(zone => zone.FirstEnd)];
        for (int i = 1; i < held.Count; i++)
        {
            if (held[i].FirstEnd < held[i - 1].LastStart)
            {
                throw Contradiction(held[i - 1], held[i], operations);
            }
        }

        List<long> begins = [.. held.Select(zone => zone.FirstEnd)];
        foreach (Zone brief in zones.Values.Where(zone => !zone.IsHeld))
        {
            // The held zones do not overlap: only the last that begins before this one can contain it.
            int index = begins.BinarySearch(brief.LastStart);
            Zone? around = (index >= 0 ? index : ~index) is var after and > 0 ? held[after - 1] : null;
            if (around is { } outer && outer.FirstEnd < brief.LastStart && brief.FirstEnd < outer.LastStart)
            {
                throw Contradiction(outer, brief, operations);
            }
        }
    }

    private static HistoryViolationException Contradiction(Zone one, Zone other, List<RegisterOperation> operations)
    {
        IEnumerable<string> involved = operations
            .Where(operation => operation.Value == one.Value || operation.Value == other.Value)
            .OrderBy(operation => operation.Start)
            .Select(operation => $"\n  {operation}");
        return new HistoryViolationException(
            $"Value {other.Value} was seen while the key must have had value {one.Value}." + string.Concat(involved));
    }

    /// <summary>The time that a value must (<see cref="IsHeld"/>) or can have been the key's.</summary>
    private readonly record struct Zone(long Value, long FirstEnd, long LastStart)
    {
        internal bool IsHeld => FirstEnd < LastStart;
    }

    /// <summary>Finds, of all writes that ended before a moment, the one that started last.</summary>
    private sealed class WriteOrder
    {
        private readonly long[] _ends;
        private readonly RegisterOperation[] _startedLast;

        internal WriteOrder(IEnumerable<RegisterOperation> writes)
        {
            _startedLast = [.. writes.OrderBy(write => write.End)];
            _ends = [.. _startedLast.Select(write => write.End)];
            for (int i = 1; i < _startedLast.Length; i++)
            {
                if (_startedLast[i - 1].Start > _startedLast[i].Start)
                {
                    _startedLast[i] = _startedLast[i - 1];
                }
            }
        }

        internal RegisterOperation? LatestBefore(long moment)
        {
            int count = CountBelow(_ends, moment);
            return count == 0 ? null : _startedLast[count - 1];
        }
    }

    /// <summary>Finds, of all removes that started before a moment, the one that ended last.</summary>
    private sealed class RemoveOrder
    {
        private readonly long[] _starts;
        private readonly RegisterOperation[] _endedLast;

        internal RemoveOrder(IEnumerable<RegisterOperation> removes)
        {
            _endedLast = [.. removes.OrderBy(remove => remove.Start)];
            _starts = [.. _endedLast.Select(remove => remove.Start)];
            for (int i = 1; i < _endedLast.Length; i++)
            {
                if (_endedLast[i - 1].End > _endedLast[i].End)
                {
                    _endedLast[i] = _endedLast[i - 1];
                }
            }
        }

        internal RegisterOperation? LastToEndOfThoseStartedBy(long moment)
        {
            int count = CountBelow(_starts, moment == long.MaxValue ? moment : moment + 1);
            return count == 0 ? null : _endedLast[count - 1];
        }
    }

    /// <summary>How many of the ascending numbers are below a limit.</summary>
    private static int CountBelow(long[] ascending, long limit)
    {
        int low = 0;
        int high = ascending.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = ascending[middle] < limit ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
