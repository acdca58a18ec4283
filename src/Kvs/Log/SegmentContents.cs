using System.Runtime.CompilerServices;
using Kvs.Files;
using Kvs.Index;

namespace Kvs.Log;

/// <summary>
/// All that the chunks of a segment hold, verified to the last byte and summed up: the seal that goes with it, and
/// the footer. One thread.
/// </summary>
internal sealed unsafe class SegmentContents : IDisposable
{
    private readonly Segment _segment;
    private readonly KeySeeds _seeds;
    private readonly FooterEntry* _entries;
    private readonly NativeBlock _unsorted;
    private NativeBlock? _footer;
    private int _count;
    private uint _digest;
    private ulong _highestEpoch;
    private ulong _highestSequence;
    private ulong _recordBytes;
    private ulong _tombstoneBytes;

    private SegmentContents(Segment segment, in KeySeeds seeds, SegmentChain chain)
    {
        _segment = segment;
        _seeds = seeds;
        End = chain.End;
        Chunks = (uint)chain.Chunks.Count;
        uint most = Footer.MostEntriesIn(End - SegmentHeader.Bytes);
        _unsorted = new NativeBlock(((nuint)most + 1) * Frame.FooterEntryBytes);
        _entries = (FooterEntry*)_unsorted.Start;
    }

    /// <summary>Where the last chunk ends, and the footer goes.</summary>
    internal uint End { get; }

    internal uint Chunks { get; }

    /// <summary>What the seal says where the footer is there.</summary>
    internal Seal Seal { get; private set; }

    /// <summary>The footer and the seal, complete, as they stand behind the last chunk.</summary>
    internal ReadOnlySpan<byte> Tail =>
        new(_footer!.Start, (int)(Seal.FooterBytes + Frame.SealBytes));

    /// <summary>An entry for each record, ascending by hash. Valid until this is disposed.</summary>
    internal FooterEntry* Entries => Footer.EntriesOf(_footer!.Start);

    /// <summary>Reads a segment whose chunks are complete: no room without a finished frame, and zeros behind the last
    /// frame of each chunk.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="seeds">Of the hashes that its entries hold.</param>
    /// <param name="knownEnd">Where its last chunk ends, if that is known.</param>
    /// <exception cref="KvsDamageException">Something in it is not as it was written.</exception>
    internal static SegmentContents Read(Segment segment, in KeySeeds seeds, uint? knownEnd = null)
    {
        SegmentChain chain = SegmentWalk.FindChunks(segment, knownEnd);
        if (chain.Break is not null)
        {
            throw chain.Break.ToDamage();
        }

        if (chain.End != (knownEnd ?? chain.End))
        {
            throw segment.Damage(chain.End, "the chunks end here, and the seal says that there are more");
        }

        var contents = new SegmentContents(segment, seeds, chain);
        try
        {
            contents.ReadChunks(chain.Chunks);
            contents.MakeTail();
            return contents;
        }
        catch
        {
            contents.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _unsorted.Dispose();
        _footer?.Dispose();
    }

    private void ReadChunks(List<ChunkWalk> chunks)
    {
        Action<uint> visit = Visit;
        foreach (ChunkWalk chunk in chunks)
        {
            _digest = Seal.AddToDigest(_digest, Frame.ReadWord(_segment.Start + chunk.Offset));
            SegmentWalk.WalkFrames(chunk, visit, visitHole: null);
            if (chunk.Break is not null)
            {
                throw chunk.Break.ToDamage();
            }

            if (chunk.Header is not null && SegmentWalk.FindNonZero(_segment, chunk.SoundEnd, chunk.End) is { } stray)
            {
                throw _segment.Damage(stray, "there is something behind the last record of a chunk");
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Visit(uint offset)
    {
        byte* frame = _segment.Start + offset;
        ulong word = Frame.ReadWord(frame);
        _digest = Seal.AddToDigest(_digest, word);
        _highestEpoch = Math.Max(_highestEpoch, Frame.Epoch(frame));
        FrameKind kind = Frame.Kind(frame);
        if (kind is not (FrameKind.Put or FrameKind.Remove))
        {
            return;
        }

        uint length = Frame.LengthOf(word);
        bool isTombstone = kind == FrameKind.Remove;
        ulong sequence = Frame.Sequence(frame);
        _entries[_count++] = FooterEntry.Of(Frame.Key(frame), _seeds, sequence, offset, length, isTombstone,
            Frame.Flags(frame).HasFlag(FrameFlags.Expiry));
        _highestSequence = Math.Max(_highestSequence, sequence);
        _recordBytes += length;
        _tombstoneBytes += isTombstone ? length : 0;
    }

    private void MakeTail()
    {
        uint footerBytes = Footer.BytesFor((ulong)_count);
        Seal = new Seal((ulong)_count, Chunks, _digest, _highestEpoch, _highestSequence, _recordBytes,
            _tombstoneBytes, footerBytes);
        _footer = new NativeBlock(footerBytes + (nuint)Frame.SealBytes);
        HashSorter.Sort(_entries, _count, Footer.EntriesOf(_footer.Start), 0, ulong.MaxValue);
        _unsorted.Dispose();
        Footer.Write(_footer.Start, Seal, _segment.Salt, End);
        Seal.Write(_footer.Start + footerBytes, _segment.Salt, End + footerBytes);
    }
}
