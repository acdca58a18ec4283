namespace Kvs.Testing;

/// <summary>Searches an order for the operations of one key. For one thread, and once.</summary>
/// <remarks>
/// Starts and ends stand in a list in the order of time. What stands before the list's first end may come next: those
/// operations overlap. The one that is tried is taken out of the list, and put back when nothing can follow it. An
/// operation that changes nothing and makes sense where it is tried is never put back in favour of another: whatever
/// order there is, it can come first in it as well.
/// </remarks>
internal sealed class KeySearch
{
    /// <summary>Beyond this many attempts, a history is not decided. Those of real stores take about one for each
    /// operation.</summary>
    private const long MaxAttempts = 50_000_000;

    private const int ShownOperations = 12;

    private readonly HistoryOperation[] _operations;

    // The list: entry 0 is in front of it, and the last behind it. An operation's start and end are its entries.
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _operationOf;
    private readonly int[] _startOf;
    private readonly int[] _endOf;

    private readonly UInt128[] _hashes;
    private readonly HashSet<(UInt128 Done, long Present)> _tried = [];
    private readonly Stack<Attempt> _attempts = new();
    private UInt128 _done;
    private long _present = HistoryOperation.Missing;
    private (int Done, long Present, int[] Before, int[] Next) _furthest = (-1, 0, [], []);

    internal KeySearch(HistoryOperation[] operations)
    {
        _operations = operations;
        int entries = (2 * operations.Length) + 2;
        _next = new int[entries];
        _previous = new int[entries];
        _operationOf = new int[entries];
        _startOf = new int[operations.Length];
        _endOf = new int[operations.Length];
        _hashes = new UInt128[operations.Length];
        BuildList();
        var random = new Random(1);
        for (int i = 0; i < _hashes.Length; i++)
        {
            _hashes[i] = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64());
        }
    }

    /// <summary>Finds an order.</summary>
    /// <exception cref="HistoryViolationException">There is none.</exception>
    internal void Run()
    {
        long attempts = 0;
        int last = _next.Length - 1;
        (int Entry, bool WithoutEffect) from = TakeWhatChangesNothing();
        while (_next[0] != last)
        {
            if (++attempts > MaxAttempts)
            {
                throw new InvalidOperationException(
                    $"After {MaxAttempts} attempts it is not known whether the history of key {_operations[0].Key}, of " +
                    $"{_operations.Length} operations, is linearizable. Use more keys, or fewer clients.");
            }

            if (TryFrom(from.Entry, from.WithoutEffect))
            {
                from = TakeWhatChangesNothing();
                continue;
            }

            NoteFurthest();
            Attempt undone;
            do
            {
                if (!_attempts.TryPop(out undone))
                {
                    throw new HistoryViolationException(DescribeFurthest());
                }

                PutBack(undone);
            }
            while (undone.IsSure);

            HistoryOperation operation = _operations[_operationOf[undone.Entry]];
            from = operation.Outcome == HistoryOutcome.Unknown && !undone.WithoutEffect
                ? (undone.Entry, true)
                : (_next[undone.Entry], false);
        }
    }

    private void BuildList()
    {
        // At the same tick, starts come first: neither of two operations that touch precedes the other.
        (long At, bool IsEnd, int Operation)[] events =
        [
            .. _operations.Select((operation, number) => (operation.Start, false, number)),
            .. _operations.Select((operation, number) => (operation.End, true, number)),
        ];
        Array.Sort(events);
        for (int i = 0; i < events.Length; i++)
        {
            int entry = i + 1;
            _operationOf[entry] = events[i].Operation;
            (events[i].IsEnd ? _endOf : _startOf)[events[i].Operation] = entry;
        }

        for (int entry = 0; entry < _next.Length; entry++)
        {
            _next[entry] = entry + 1;
            _previous[entry] = entry - 1;
        }
    }

    private bool IsStart(int entry) => _startOf[_operationOf[entry]] == entry;

    /// <summary>Whether an operation that ended can come now and changes nothing.</summary>
    private bool ChangesNothing(in HistoryOperation operation) => operation.Outcome switch
    {
        HistoryOutcome.Unknown => false,
        HistoryOutcome.NotDone => !operation.Holds(_present),
        _ => !operation.IsWrite && operation.Holds(_present),
    };

    /// <summary>Takes all that may come next and changes nothing; returns where to go on.</summary>
    private (int Entry, bool WithoutEffect) TakeWhatChangesNothing()
    {
        int last = _next.Length - 1;
        for (int entry = _next[0]; entry != last && IsStart(entry); entry = _next[entry])
        {
            if (ChangesNothing(_operations[_operationOf[entry]]))
            {
                Take(new Attempt(entry, _present, WithoutEffect: true, IsSure: true));

                // What was behind its end may come next as well.
                entry = 0;
            }
        }

        return (_next[0], false);
    }

    /// <summary>Tries one operation after the other, from an entry to the first end.</summary>
    private bool TryFrom(int entry, bool withoutEffect)
    {
        int last = _next.Length - 1;
        while (entry != last && IsStart(entry))
        {
            int number = _operationOf[entry];
            ref readonly HistoryOperation operation = ref _operations[number];
            bool isUnknown = operation.Outcome == HistoryOutcome.Unknown;
            bool canHaveEffect = operation.IsWrite && operation.Outcome != HistoryOutcome.NotDone &&
                operation.Holds(_present);
            if (!withoutEffect && canHaveEffect && _tried.Add((_done ^ _hashes[number], operation.Result)))
            {
                Take(new Attempt(entry, _present, WithoutEffect: false, IsSure: false));
                _present = operation.Result;
                return true;
            }

            if (isUnknown && _tried.Add((_done ^ _hashes[number], _present)))
            {
                Take(new Attempt(entry, _present, WithoutEffect: true, IsSure: false));
                return true;
            }

            withoutEffect = false;
            entry = _next[entry];
        }

        return false;
    }

    private void Take(in Attempt attempt)
    {
        int number = _operationOf[attempt.Entry];
        Unlink(attempt.Entry);
        Unlink(_endOf[number]);
        _done ^= _hashes[number];
        _attempts.Push(attempt);
    }

    private void PutBack(in Attempt attempt)
    {
        int number = _operationOf[attempt.Entry];
        Link(_endOf[number]);
        Link(attempt.Entry);
        _done ^= _hashes[number];
        _present = attempt.Before;
    }

    private void Unlink(int entry)
    {
        _next[_previous[entry]] = _next[entry];
        _previous[_next[entry]] = _previous[entry];
    }

    private void Link(int entry)
    {
        _next[_previous[entry]] = entry;
        _previous[_next[entry]] = entry;
    }

    /// <summary>Remembers how far the search got, for the message.</summary>
    private void NoteFurthest()
    {
        if (_attempts.Count <= _furthest.Done)
        {
            return;
        }

        int last = _next.Length - 1;
        List<int> next = [];
        for (int entry = _next[0]; entry != last && IsStart(entry); entry = _next[entry])
        {
            next.Add(_operationOf[entry]);
        }

        int[] before = [.. _attempts.Take(ShownOperations).Reverse().Select(attempt => _operationOf[attempt.Entry])];
        _furthest = (_attempts.Count, _present, before, [.. next]);
    }

    private string DescribeFurthest()
    {
        string Lines(int[] numbers) => string.Concat(numbers.Select(number => $"\n  {_operations[number]}"));
        return $"No order explains the {_operations.Length} operations of key {_operations[0].Key}. " +
            $"{_furthest.Done} of them may have been like this, the last ones being:{Lines(_furthest.Before)}\n" +
            $"Then the key has the value {_furthest.Present}, one of these must be next, and none leads on:" +
            Lines(_furthest.Next);
    }

    /// <summary>An operation that was taken, by the entry of its start, and the value before it.</summary>
    private readonly record struct Attempt(int Entry, long Before, bool WithoutEffect, bool IsSure);
}
