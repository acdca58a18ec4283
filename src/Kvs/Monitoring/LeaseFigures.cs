using Kvs.Log;

namespace Kvs.Monitoring;

/// <summary>Counts leases, by the segments that they keep mapped.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LeaseFigures(SegmentTable segments)
{
    private readonly Lock _lock = new();
    private readonly List<Segment> _removed = [];

    /// <summary>Leases outlive their segment in the store: from now on each keeps a file that has no name any more.
    /// </summary>
    internal void NoteRemoved(Segment segment)
    {
        lock (_lock)
        {
            _removed.Add(segment);
            _ = _removed.RemoveAll(removed => removed.Owners == 0);
        }
    }

    /// <summary>How many there are now.</summary>
    internal long Count()
    {
        // One of the owners of each segment in the table is the store.
        long present = segments.ToList().Sum(segment => Math.Max(0, segment.Owners - 1));
        lock (_lock)
        {
            return present + _removed.Sum(segment => (long)segment.Owners);
        }
    }
}
