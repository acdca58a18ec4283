using System.Runtime.CompilerServices;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// Fills partitions of the index, one after the other, from the entries of all segments, which are sorted by hash: a
/// partition is a range of hashes, so it is a stretch of each. One thread; others fill other partitions.
/// </summary>
/// <remarks>
/// A stretch is worked off in pieces of so few entries that they stay in the processor's cache: gathered from all
/// segments, sorted, and of each key the record with the highest sequence number kept. What is kept comes out in
/// the order of hashes, in which it goes into the table from front to back.
/// </remarks>
internal sealed unsafe class PartitionLoader : IDisposable
{
    /// <summary>Entries that a piece should have: two of 32 bytes for each are half of a cache of 512 KiB.</summary>
    private const long EntriesPerPiece = 4096;

    private readonly StoreIndex _index;
    private readonly SealedSegment[] _segments;
    private readonly FooterEntry*[] _entries;
    private readonly ulong[] _positions;
    private readonly int[] _next;
    private readonly int[] _ends;
    private readonly long[] _deadBytes;
    private readonly LoadBuffer<LoadItem> _gathered = new();
    private readonly LoadBuffer<LoadItem> _sorted = new();
    private readonly LoadBuffer<IndexEntry> _kept = new();
    private int _keptCount;
    private bool _hasExpiring;

    internal PartitionLoader(StoreIndex index, IReadOnlyList<SealedSegment> segments)
    {
        _index = index;
        _segments = [.. segments];
        _entries = new FooterEntry*[segments.Count];
        _positions = new ulong[segments.Count];
        _next = new int[segments.Count];
        _ends = new int[segments.Count];
        _deadBytes = new long[segments.Count];
        for (int source = 0; source < segments.Count; source++)
        {
            _entries[source] = segments[source].Entries;
            _positions[source] = SegmentTable.PositionOf(segments[source].Segment, 0);
        }
    }

    /// <summary>Fills partitions that follow one another.</summary>
    internal void Load(int first, int count)
    {
        ulong lowest = _index.LowestHash(first, 0);
        for (int source = 0; source < _segments.Length; source++)
        {
            _next[source] = FirstNotBelow(source, 0, lowest);
        }

        for (int partition = first; partition < first + count; partition++)
        {
            bool isLast = partition == _index.Partitions.Count - 1;
            ulong highest = isLast ? ulong.MaxValue : _index.LowestHash(partition + 1, 0) - 1;
            LoadPartition(partition, lowest, highest);
            lowest = highest + 1;
        }
    }

    /// <summary>Tells the segments which of their bytes are not needed, and frees the buffers.</summary>
    public void Dispose()
    {
        for (int source = 0; source < _segments.Length; source++)
        {
            _segments[source].Segment.AddDead(lane: 0, _deadBytes[source]);
        }

        if (_hasExpiring)
        {
            _index.NoteExpiring();
        }

        _gathered.Dispose();
        _sorted.Dispose();
        _kept.Dispose();
    }

    private void LoadPartition(int partition, ulong lowest, ulong highest)
    {
        long total = 0;
        for (int source = 0; source < _segments.Length; source++)
        {
            _ends[source] = highest == ulong.MaxValue
                ? _segments[source].Count
                : FirstNotBelow(source, _next[source], highest + 1);
            total += _ends[source] - _next[source];
        }

        if (total == 0)
        {
            return;
        }

        _keptCount = 0;
        _ = _kept.Reserve(checked((int)total), 0);
        ulong pieces = (ulong)((total + EntriesPerPiece - 1) / EntriesPerPiece);
        ulong width = (highest - lowest) / pieces;
        for (ulong piece = 0; piece < pieces; piece++)
        {
            ulong from = lowest + (piece * width);
            ulong to = piece == pieces - 1 ? highest : from + width - 1;
            int count = Gather(to);
            LoadItem* sorted = _sorted.Reserve(count, 0);
            HashSorter.Sort(_gathered.Start, count, sorted, from, to);
            KeepLatest(sorted, count);
        }

        _index.Partitions[partition].Fill(new ReadOnlySpan<IndexEntry>(_kept.Start, _keptCount));
    }

    /// <summary>Collects all entries up to a hash.</summary>
    private int Gather(ulong highest)
    {
        int count = 0;
        for (int source = 0; source < _segments.Length; source++)
        {
            FooterEntry* entries = _entries[source];
            FooterEntry* end = entries + _ends[source];
            FooterEntry* next = entries + _next[source];
            while (next < end && next->Hash <= highest)
            {
                // Room for some at a time; where many have one hash, again and again.
                int most = (int)Math.Min(end - next, EntriesPerPiece);
                LoadItem* into = _gathered.Reserve(count + most, count) + count;
                int copied = Copy(next, next + most, highest, source, into);
                next += copied;
                count += copied;
            }

            _next[source] = (int)(next - entries);
        }

        return count;
    }

    /// <summary>Copies entries up to a hash; returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Copy(FooterEntry* from, FooterEntry* end, ulong highest, int source, LoadItem* to)
    {
        FooterEntry* next = from;
        for (; next < end && next->Hash <= highest; next++)
        {
            *to++ = new LoadItem(*next, source);
        }

        return (int)(next - from);
    }

    /// <summary>Keeps the first of each key, unless it is a tombstone; all other puts are of no use any more. Which
    /// tombstones are is for compaction to find out: were they counted here, it would count them twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void KeepLatest(LoadItem* items, int count)
    {
        ulong partitions = (ulong)_index.Partitions.Count;
        IndexEntry* kept = _kept.Start + _keptCount;
        for (LoadItem* item = items; item < items + count; item++)
        {
            if (item > items && item->IsOfSameKeyAs(item[-1]))
            {
                _deadBytes[item->Source] += FooterEntry.IsTombstone(item->Details) ? 0 : LengthOf(*item);
            }
            else if (!FooterEntry.IsTombstone(item->Details))
            {
                _hasExpiring |= FooterEntry.Expires(item->Details);
                ulong position = _positions[item->Source] + FooterEntry.PlaceOf(item->Details);
                *kept++ = new IndexEntry(item->Hash * partitions, position);
            }
        }

        _keptCount = (int)(kept - _kept.Start);
    }

    private uint LengthOf(in LoadItem item)
    {
        uint length = FooterEntry.LengthOf(item.Details);
        if (length != 0)
        {
            return length;
        }

        // Nobody will read this record. If it is not what it was, it counts for little: were its length believed, its
        // segment could seem to hold nothing else. But for something, so that the segment is known to hold dead ones.
        Segment segment = _segments[item.Source].Segment;
        uint offset = FooterEntry.OffsetOf(item.Details);
        return segment.HasPlausibleRecord(offset)
            ? Frame.LengthOf(Frame.ReadWord(segment.Start + offset))
            : Frame.Alignment;
    }

    /// <summary>The first entry, from one on, whose hash is not below another.</summary>
    private int FirstNotBelow(int source, int from, ulong hash)
    {
        FooterEntry* entries = _entries[source];
        int low = from, high = _segments[source].Count;
        while (low < high)
        {
            int middle = (int)(((uint)low + (uint)high) / 2);
            if (entries[middle].Hash < hash)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
