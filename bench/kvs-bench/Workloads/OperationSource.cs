namespace Kvs.Bench.Workloads;

/// <summary>Chooses one thread's operations and their keys.</summary>
/// <remarks>Used by one thread. The same seed chooses the same again.</remarks>
internal sealed class OperationSource
{
    // A prime above every number of keys, so that no two ranks meet in one key.
    private const ulong RankFactor = 2_654_435_761;

    private readonly Mix _mix;
    private readonly int _keys;
    private readonly ZipfianDistribution? _zipfian;
    private readonly uint _getShare;
    private readonly int _ownNumber;
    private readonly int _loadEnd;

    private FastRandom _random;
    private int _loadNext;
    private bool _isGetNext;

    /// <summary>Makes the source of one of a part's threads.</summary>
    internal OperationSource(PartSettings part, int thread)
    {
        _mix = part.Mix;
        _keys = part.Keys;
        _zipfian = part.Zipfian;
        _getShare = (uint)(uint.MaxValue / 100 * (ulong)part.Mix.GetPercent());
        _random = new FastRandom(FastRandom.Scramble(((ulong)part.Seed << 32) + (uint)thread + 1));
        _loadNext = (int)((long)part.Keys * thread / part.Threads);
        _loadEnd = (int)((long)part.Keys * (thread + 1) / part.Threads);

        // Behind the keys of the other mixes, so that it belongs to this thread alone.
        _ownNumber = part.Keys + thread;
    }

    /// <summary>How many more keys <see cref="NextNumber"/> gives.</summary>
    internal int Remaining => _mix == Mix.Load ? _loadEnd - _loadNext : int.MaxValue;

    /// <summary>What to do next.</summary>
    internal OperationKind NextKind()
    {
        switch (_mix)
        {
            case Mix.Get or Mix.C:
                return OperationKind.Get;
            case Mix.Set:
                return OperationKind.Set;
            case Mix.A or Mix.B:
                return (uint)_random.Next() < _getShare ? OperationKind.Get : OperationKind.Set;
            case Mix.Load:
                return _loadNext < _loadEnd ? OperationKind.Set : OperationKind.None;
            default:
                bool isGet = _isGetNext;
                _isGetNext = !isGet;
                return isGet ? OperationKind.Get : OperationKind.Set;
        }
    }

    /// <summary>The key to do it with.</summary>
    internal int NextNumber() => _mix switch
    {
        Mix.Load => _loadNext++,
        Mix.Partitions => _ownNumber,
        _ when _zipfian is null => _random.NextBelow(_keys),

        // Scattered, because keys that were loaded one after the other lie side by side.
        _ => (int)((ulong)_zipfian.Draw(_random.NextDouble()) * RankFactor % (ulong)_keys),
    };
}
