namespace Kvs.Protocol.Resp;

/// <summary>Where arguments lie. Grows with those that have come, not with those that were announced. Not
/// thread-safe.</summary>
internal sealed class ArgumentList
{
    /// <summary>Room that is kept when the list is emptied; more than that is given back.</summary>
    private const int KeptCount = 1024;

    private KeyRange[] _ranges = [];

    internal int Count { get; private set; }

    internal ReadOnlySpan<KeyRange> this[Range range] => _ranges.AsSpan(0, Count)[range];

    internal void Add(int start, int length)
    {
        if (Count == _ranges.Length)
        {
            Array.Resize(ref _ranges, Math.Max(16, 2 * Count));
        }

        _ranges[Count++] = new KeyRange(start, length);
    }

    /// <summary>Takes over ranges of another list, which are counted from another place.</summary>
    internal void AddAll(ReadOnlySpan<KeyRange> ranges, int origin)
    {
        foreach (KeyRange range in ranges)
        {
            Add(range.Start - origin, range.Length);
        }
    }

    internal void CutTo(int count) => Count = count;

    internal void Clear()
    {
        Count = 0;
        if (_ranges.Length > KeptCount)
        {
            _ranges = [];
        }
    }
}
