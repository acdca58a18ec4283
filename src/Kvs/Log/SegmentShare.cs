namespace Kvs.Log;

/// <summary>Keeps a segment's mapping until it is disposed, or collected if somebody forgets that.</summary>
internal sealed class SegmentShare : IDisposable
{
    private Segment? _segment;

    /// <summary>Takes a share. The caller is inside an epoch in which it found the segment.</summary>
    internal SegmentShare(Segment segment)
    {
        segment.Pin();
        _segment = segment;
    }

    ~SegmentShare() => Release();

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release() => Interlocked.Exchange(ref _segment, null)?.Unpin();
}
