using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// A segment that is complete, as opening a store sees it: its seal, and an entry for each of its records. Those come
/// from the footer; only where that cannot be used is the segment read, and then all of it is verified.
/// </summary>
/// <remarks>Different ones may be used by different threads.</remarks>
internal sealed unsafe class SealedSegment : IDisposable
{
    private readonly Seal _seal;
    private readonly uint _chunksEnd;
    private SegmentContents? _contents;

    /// <summary>Finds the seal, and notes in the segment what it says.</summary>
    /// <exception cref="KvsDamageException">There is none that is as it was written.</exception>
    internal SealedSegment(Segment segment)
    {
        Segment = segment;
        (_seal, uint sealOffset) = FindSeal(segment);
        if (_seal.FooterBytes > sealOffset - SegmentHeader.Bytes)
        {
            throw segment.Damage(sealOffset, $"the seal says that the footer has {_seal.FooterBytes} bytes");
        }

        _chunksEnd = sealOffset - _seal.FooterBytes;
        segment.NoteSeal(_seal, sealOffset + Frame.SealBytes);
        segment.IsFull = true;
        segment.IsSealed = true;
    }

    internal Segment Segment { get; }

    internal ulong HighestEpoch => _seal.HighestEpoch;

    internal ulong HighestSequence => _seal.HighestSequence;

    internal int Count => (int)_seal.Records;

    /// <summary>An entry for each record, ascending by hash. Valid until this is disposed.</summary>
    internal FooterEntry* Entries { get; private set; }

    /// <summary>Why the footer could not be used; null when it could.</summary>
    internal string? FooterFault { get; private set; }

    /// <summary>Verifies the footer, or else reads the segment.</summary>
    /// <exception cref="KvsDamageException">Without the footer, and the segment is not as it was written.</exception>
    internal void LoadEntries(in KeySeeds seeds)
    {
        FooterFault = Footer.FindFault(Segment, _chunksEnd, _seal);
        if (FooterFault is null)
        {
            Entries = Footer.EntriesOf(Segment.Start + _chunksEnd);
            return;
        }

        _contents = ReadAll(seeds);
        Entries = _contents.Entries;
    }

    /// <summary>Verifies all chunks, whatever the footer says.</summary>
    /// <exception cref="KvsDamageException">Something in them is not as it was written.</exception>
    internal void VerifyChunks(in KeySeeds seeds) => ReadAll(seeds).Dispose();

    /// <summary>Verifies chunks and footer, to the last byte.</summary>
    /// <exception cref="KvsDamageException">Something in them is not as it was written.</exception>
    internal void VerifyAll(in KeySeeds seeds)
    {
        using SegmentContents contents = ReadAll(seeds);
        var footer = new ReadOnlySpan<byte>(Segment.Start + _chunksEnd, (int)_seal.FooterBytes);
        if (!footer.IsEmpty && !contents.Tail.StartsWith(footer))
        {
            throw Segment.Damage(_chunksEnd, "the footer does not list the records that are in the segment");
        }
    }

    /// <summary>The commit records in it: reads the headers of chunks, and of one lane all.</summary>
    /// <exception cref="KvsDamageException">One of them is not as it was written.</exception>
    internal List<CommitRecord> ReadCommits()
    {
        var commits = new List<CommitRecord>();
        SegmentChain chain = SegmentWalk.FindChunks(Segment, _chunksEnd);
        LogBreak? broken = chain.Break;
        foreach (ChunkWalk chunk in chain.Chunks.Where(chunk => chunk.Header?.Lane == Lane.CommitNumber))
        {
            SegmentWalk.WalkFrames(chunk, visitHole: null, visit: offset =>
            {
                byte* frame = Segment.Start + offset;
                if (Frame.Kind(frame) == FrameKind.Commit)
                {
                    commits.Add(CommitRecord.Read(frame, Frame.LengthOf(Frame.ReadWord(frame)))!);
                }
            });
            broken ??= chunk.Break;
        }

        return broken is null ? commits : throw broken.ToDamage();
    }

    public void Dispose() => _contents?.Dispose();

    /// <summary>The seal is the last of its file; where the file could not be cut, or a power cut took that back, it
    /// stands behind the chunks.</summary>
    private static (Seal Seal, uint Offset) FindSeal(Segment segment)
    {
        uint atEnd = segment.Length - Frame.SealBytes;
        if (Seal.TryRead(segment, atEnd) is { } last)
        {
            return (last, atEnd);
        }

        SegmentChain chain = SegmentWalk.FindChunks(segment);
        if (chain.Break is not null)
        {
            throw chain.Break.ToDamage();
        }

        return chain.Seal is { } seal
            ? (seal, chain.UsedEnd - Frame.SealBytes)
            : throw segment.Damage(chain.End, "the segment was complete, but its seal is not there");
    }

    private SegmentContents ReadAll(in KeySeeds seeds)
    {
        SegmentContents contents = SegmentContents.Read(Segment, seeds, _chunksEnd);
        if (contents.Seal with { FooterBytes = _seal.FooterBytes } == _seal)
        {
            return contents;
        }

        contents.Dispose();
        throw Segment.Damage(_chunksEnd, "the segment does not hold what its seal says; a part of it is missing");
    }
}
