using Kvs.Index;
using Kvs.Log;

namespace Kvs.Admin;

/// <summary>
/// What could be read of one segment, and what could not. Where the footer is sound it tells of each record that was
/// lost: the key's hashes, its number, and whether it is a remove.
/// </summary>
internal sealed unsafe class SalvagedSegment
{
    private readonly Segment _segment;
    private readonly KeySeeds _seeds;
    private readonly int _number;
    private readonly SegmentSearch _search;
    private readonly List<LostRange> _ranges = [];
    private uint _chunksEnd;
    private Seal? _seal;
    private FooterEntry[]? _entries;

    private SalvagedSegment(Segment segment, int number, in KeySeeds seeds)
    {
        _segment = segment;
        _number = number;
        _seeds = seeds;
        _search = new SegmentSearch(segment);
    }

    /// <summary>What was found.</summary>
    internal SegmentSearch Found => _search;

    /// <summary>What could not be read.</summary>
    internal IReadOnlyList<LostRange> LostRanges => _ranges;

    /// <summary>Whether it is known of each record of the segment whether it was found.</summary>
    internal bool IsAccountedFor => _entries is not null || (_seal is { } seal &&
        seal.Records == (ulong)_search.Records.Count);

    /// <summary>Reads a segment whatever is in it.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="number">Which of those that are read.</param>
    /// <param name="seeds">Of the hashes of keys.</param>
    /// <param name="wrongHeader">What is wrong with the segment's header, if anything is.</param>
    internal static SalvagedSegment Read(Segment segment, int number, in KeySeeds seeds, string? wrongHeader)
    {
        var read = new SalvagedSegment(segment, number, seeds);
        read.FindEnd();
        read._search.Run(read._chunksEnd);
        read.TakeTail();
        read.DropUnlisted();
        read.DescribeGaps();
        if (wrongHeader is not null)
        {
            read.AddRange(0, SegmentHeader.Bytes, wrongHeader, isAccountedFor: true);
        }

        return read;
    }

    /// <summary>Takes what recovery keeps of a segment.</summary>
    internal static SalvagedSegment Keep(Segment segment, int number, in KeySeeds seeds, IEnumerable<ChunkWalk> chunks)
    {
        var read = new SalvagedSegment(segment, number, seeds);
        read._search.TakeKept(chunks);
        return read;
    }

    /// <summary>Enters what was found, and what was lost.</summary>
    internal void EnterInto(SalvagedKeys keys)
    {
        foreach (uint offset in _search.Records)
        {
            byte* frame = _segment.Start + offset;
            keys.Add(KeyId.Of(Frame.Key(frame), _seeds), new LatestWrite(_number, offset, Frame.Sequence(frame),
                Frame.Kind(frame) == FrameKind.Put));
        }

        if (_entries is not null)
        {
            EnterLost(keys, _entries);
        }
        else
        {
            _search.BrokenBatches.ForEach(batch => EnterBatch(keys, batch));
        }
    }

    private void FindEnd()
    {
        _chunksEnd = _segment.Length;
        uint atEnd = _segment.Length - Frame.SealBytes;
        if (Seal.TryRead(_segment, atEnd) is { } seal && seal.FooterBytes <= atEnd - SegmentHeader.Bytes)
        {
            _seal = seal;
            _chunksEnd = atEnd - seal.FooterBytes;
        }
    }

    /// <summary>Takes footer and seal, wherever they were found.</summary>
    private void TakeTail()
    {
        if (_seal is { } seal)
        {
            if (Footer.FindFault(_segment, _chunksEnd, seal) is not { } fault)
            {
                TakeEntries(_chunksEnd, (int)seal.Records);
            }
            else if (seal.FooterBytes > 0)
            {
                AddRange(_chunksEnd, _chunksEnd + seal.FooterBytes, $"the footer cannot be used: {fault}", true);
            }

            return;
        }

        _seal = _search.Seal;
        if (_search.FooterOffset is { } offset)
        {
            // Its own checksum is right; what it says of itself is what the seal would say.
            Seal told = Footer.ReadSeal(_segment, offset);
            if (Footer.FindFault(_segment, offset, told) is null)
            {
                TakeEntries(offset, (int)told.Records);
            }
        }
        else if (_seal is null && _segment.Length < _segment.Header.Capacity)
        {
            AddRange(_segment.Length, (long)_segment.Header.Capacity, "the file ends early", isAccountedFor: false);
        }
    }

    private void TakeEntries(uint footer, int count) =>
        _entries = new ReadOnlySpan<FooterEntry>(Footer.EntriesOf(_segment.Start + footer), count).ToArray();

    /// <summary>What was found behind damage, and is not in the footer, is what a writer left that never finished.
    /// </summary>
    private void DropUnlisted()
    {
        if (_entries is not null && _search.Gaps.Count > 0)
        {
            HashSet<uint> listed = [.. _entries.Select(entry => FooterEntry.OffsetOf(entry.Details))];
            _search.Records.RemoveAll(offset => !listed.Contains(offset));
        }
    }

    private void DescribeGaps()
    {
        foreach (SegmentSearch.Gap gap in _search.Gaps)
        {
            AddRange(gap.From, gap.To, "what stands here is not what was written", IsAccountedFor);
        }

        foreach (SegmentSearch.Gap batch in _search.BrokenBatches)
        {
            AddRange(batch.From, batch.To, "a batch is not whole, so none of it counts", IsAccountedFor);
        }

        bool isMissing = _seal is { } seal && seal.Records > (ulong)_search.Records.Count;
        if (isMissing && _ranges.TrueForAll(range => range.From >= _chunksEnd))
        {
            AddRange(SegmentHeader.Bytes, _chunksEnd, "records that the seal counts are missing", IsAccountedFor);
        }
    }

    private void AddRange(long from, long to, string what, bool isAccountedFor) =>
        _ranges.Add(new LostRange(_segment.Path, from, to, what, isAccountedFor));

    private void EnterLost(SalvagedKeys keys, FooterEntry[] entries)
    {
        HashSet<uint> found = [.. _search.Records];
        foreach (FooterEntry entry in entries)
        {
            uint offset = FooterEntry.OffsetOf(entry.Details);
            if (found.Contains(offset))
            {
                continue;
            }

            var key = KeyId.Of(entry);
            bool isPut = !FooterEntry.IsTombstone(entry.Details);
            bool isOfBatch = _search.BrokenBatches.Exists(batch => batch.From <= offset && offset < batch.To);
            if (isPut || isOfBatch)
            {
                byte[]? known = TryReadKey(offset, key);
                keys.AddLost(key, new LostWrite(_number, offset, entry.Sequence, isPut, isOfBatch, known));
            }
            else
            {
                // That the key was removed is known, and nothing else was in it.
                keys.Add(key, new LatestWrite(_number, offset, entry.Sequence, IsPut: false));
            }
        }
    }

    /// <summary>The key of a damaged record, where it is proved to be that by its hashes.</summary>
    private byte[]? TryReadKey(uint offset, KeyId expected)
    {
        byte* frame = _segment.Start + offset;
        if (_segment.Length - offset < Frame.RecordHeaderBytes ||
            _segment.Length - offset < (ulong)(Frame.KeyStart(frame) - frame) + (ulong)Frame.KeyLength(frame))
        {
            return null;
        }

        ReadOnlySpan<byte> key = Frame.Key(frame);
        return KeyId.Of(key, _seeds) == expected ? key.ToArray() : null;
    }

    private void EnterBatch(SalvagedKeys keys, SegmentSearch.Gap batch)
    {
        foreach (uint offset in _search.RecordsIn(batch))
        {
            byte* frame = _segment.Start + offset;
            byte[] key = Frame.Key(frame).ToArray();
            keys.AddLost(KeyId.Of(key, _seeds), new LostWrite(_number, offset, Frame.Sequence(frame),
                Frame.Kind(frame) == FrameKind.Put, IsOfDamagedBatch: true, key));
        }
    }
}
