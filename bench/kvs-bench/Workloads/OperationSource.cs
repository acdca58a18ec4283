namespace Kvs.Bench.Workloads;

/// <summary>Chooses the operations and their keys of one thread, or of one connection.</summary>
/// <remarks>Used by one thread. The same seed chooses the same again.</remarks>
internal sealed class OperationSource
{
    // A prime above every number of keys, so that no two ranks meet in one key.
    private const ulong RankFactor = 2_654_435_761;

    private readonly Mix _mix;
    private readonly int _keys;
    private readonly long _firstNumber;
    private readonly ZipfianDistribution? _zipfian;
    private readonly uint _getShare;
    private readonly SourcePlace _place;
    private readonly long _loadEnd;
    private readonly long _ownNumber;

    private FastRandom _random;
    private FastRandom _kindRandom;
    private FastRandom _beforeGet;
    private OperationKind _lastKind;
    private long _loadNext;
    private long _made;

    /// <summary>Makes the source for one place among those of a part.</summary>
    internal OperationSource(PartSettings part, SourcePlace place)
    {
        _mix = part.Mix;
        _keys = part.Keys;
        _firstNumber = part.FirstNumber;
        _zipfian = part.Zipfian;
        _getShare = (uint)(uint.MaxValue / 100 * (ulong)part.Mix.GetPercent());
        _place = place;
        ulong seed = FastRandom.Scramble(((ulong)part.Seed << 32) + (uint)place.Seat + 1);
        _random = new FastRandom(seed);
        _kindRandom = new FastRandom(~seed);
        _loadNext = part.FirstNumber + ((long)part.Keys * place.Index / place.Count);
        _loadEnd = part.FirstNumber + ((long)part.Keys * (place.Index + 1) / place.Count);
        _ownNumber = MadeNumber(0);
        for (int i = 1; !place.Owns(_ownNumber); i++)
        {
            _ownNumber = MadeNumber(i);
        }
    }

    /// <summary>Whether there is a key left to do something with.</summary>
    internal bool HasMore
    {
        get
        {
            if (_mix != Mix.Load)
            {
                return true;
            }

            while (_loadNext < _loadEnd && !_place.Owns(_loadNext))
            {
                _loadNext++;
            }

            return _loadNext < _loadEnd;
        }
    }

    /// <summary>What to do next.</summary>
    internal OperationKind NextKind() => _lastKind = _mix switch
    {
        Mix.Get or Mix.C => OperationKind.Get,
        Mix.Set => OperationKind.Set,
        Mix.Load => HasMore ? OperationKind.Set : OperationKind.None,
        Mix.Partitions => _lastKind == OperationKind.Set ? OperationKind.Get : OperationKind.Set,
        Mix.F => NextOfReadModifyWrite(),
        _ => (uint)_kindRandom.Next() < _getShare ? OperationKind.Get : OperationKind.Set,
    };

    /// <summary>The number of the key to do it with.</summary>
    internal long NextNumber()
    {
        while (true)
        {
            long number = DrawNumber();
            if (_place.Owns(number))
            {
                return number;
            }
        }
    }

    // What was got is set by drawing the same numbers again, after which the state is the one behind the gets.
    private OperationKind NextOfReadModifyWrite()
    {
        if (_lastKind == OperationKind.Get && (_kindRandom.Next() & 1) == 0)
        {
            _random = _beforeGet;
            return OperationKind.Set;
        }

        _beforeGet = _random;
        return OperationKind.Get;
    }

    private long DrawNumber() => _mix switch
    {
        Mix.Load => _loadNext++,

        // Behind the keys of the other mixes, so that it belongs to this place alone.
        Mix.Partitions => _ownNumber,
        Mix.D => _lastKind == OperationKind.Set ? MadeNumber(_made++) : DrawLatest(),
        _ when _zipfian is null => _firstNumber + _random.NextBelow(_keys),

        // Scattered, because keys that were loaded one after the other lie side by side.
        _ => _firstNumber + (long)((ulong)_zipfian.Draw(_random.NextDouble()) * RankFactor % (ulong)_keys),
    };

    private long DrawLatest()
    {
        long rank = _zipfian?.Draw(_random.NextDouble()) ?? _random.NextBelow(_keys);
        return rank < _made ? MadeNumber(_made - 1 - rank) : _firstNumber + _keys - 1 - (rank - _made);
    }

    private long MadeNumber(long index) => _firstNumber + _keys + _place.Seat + (index * _place.Seats);
}
