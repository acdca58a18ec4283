namespace Kvs.Log;

/// <summary>A chunk that was cut from a segment; its length is in the log.</summary>
internal readonly record struct Cut(Segment Segment, uint Offset, uint Length)
{
    /// <summary>Cuts a chunk at an offset.</summary>
    internal static unsafe Cut At(Segment segment, uint offset, uint length)
    {
        Frame.Begin(segment.Start + offset, length);
        segment.OpenChunk();
        return new Cut(segment, offset, length);
    }
}

/// <summary>
/// A segment that is being written, which lanes cut their chunks from, and the next one when it is full. A log has two:
/// one for what is written, and one for what compaction copies, so that what changes often and what hardly changes lie
/// apart.
/// </summary>
/// <remarks>
/// Thread-safe. The lock guards the present segment and its end; it is taken once a chunk, inside a lane's lock.
/// Invariant: before it is released, the length of the chunk that was cut is in the log, so that the chain of chunks
/// is complete at any moment.
/// </remarks>
/// <param name="supply">Where segments come from.</param>
/// <param name="begun">Called with each segment that is begun.</param>
/// <param name="filled">Called when a segment is full, under locks; must only set a signal.</param>
internal sealed unsafe class LogTail(SegmentSupply supply, Action<Segment> begun, Action filled)
{
    private readonly Lock _lock = new();
    private Segment? _current;
    private uint _end;
    private uint _populated;

    /// <summary>Cuts a chunk from the present segment, or from the next one. False when none is ready.</summary>
    /// <param name="least">The least length.</param>
    /// <param name="isExact">Whether it is to be as long as that, rather than the usual length.</param>
    /// <param name="isFirst">Whether it is served also while writes are held back.</param>
    /// <param name="cut">The chunk.</param>
    internal bool TryCut(uint least, bool isExact, bool isFirst, out Cut cut)
    {
        lock (_lock)
        {
            uint left = _current is null ? 0 : _current.Length - Frame.SealBytes - _end;
            if (left < least)
            {
                Segment? next = supply.TryTakeReady(isFirst);
                if (next is null)
                {
                    cut = default;
                    return false;
                }

                Begin(next);
                left = next.Length - Frame.SealBytes - _end;
            }

            uint length = isExact ? least : Math.Min(left, Math.Max(least, _current!.Header.ChunkBytes));
            cut = Cut.At(_current!, _end, length);
            _end += length;
            PopulateAhead(_current!);
            return true;
        }
    }

    /// <summary>Gives up the present segment, which is full then; the next chunk is cut from the next one.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            if (_current is not null)
            {
                _current.IsFull = true;
                _current = null;
            }
        }
    }

    private void Begin(Segment next)
    {
        if (_current is not null)
        {
            _current.IsFull = true;
            filled();
        }

        _current = next;
        _end = SegmentHeader.Bytes;
        _populated = SegmentSupply.PopulatedAheadBytes;
        begun(next);
    }

    /// <summary>Asks for the next part to be populated when half of the last one is used.</summary>
    private void PopulateAhead(Segment segment)
    {
        const uint Step = SegmentSupply.PopulatedAheadBytes / 2;
        while (_populated < segment.Length && _populated < _end + Step)
        {
            uint length = Math.Min(Step, segment.Length - _populated);
            supply.Populate(segment, _populated, length);
            _populated += length;
        }
    }
}
