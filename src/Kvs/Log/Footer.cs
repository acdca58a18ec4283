using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Index;

namespace Kvs.Log;

/// <summary>
/// One record as a footer lists it: hash and check, 95 bits from two hashes of the key, stand for the key. Two entries
/// that agree in both are taken for the same key without a look at their records: among 2^32 keys, one such mistake
/// would be expected in one store of four billion.
/// </summary>
/// <remarks>
/// The third word: offset in units of 8 (23 bits), tombstone, expires, length in units of 8 (8 bits), check (31 bits),
/// from the lowest bit on.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Frame.FooterEntryBytes)]
internal readonly struct FooterEntry(ulong hash, ulong sequence, ulong details) : IHashed<FooterEntry>
{
    /// <summary>A length of so many units, or more, does not fit; the record has it.</summary>
    private const uint MostLengthUnits = 255;

    private const int TombstoneShift = SegmentTable.OffsetBits;
    private const int ExpiryShift = TombstoneShift + 1;
    private const int LengthShift = ExpiryShift + 1;
    private const int CheckShift = LengthShift + 8;

    public ulong Hash => hash;

    internal ulong Sequence => sequence;

    internal ulong Details => details;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static FooterEntry Of(ReadOnlySpan<byte> key, in KeySeeds seeds, ulong sequence, uint offset, uint length,
        bool isTombstone, bool expires)
    {
        ulong details = (offset / Frame.Alignment) |
            ((isTombstone ? 1UL : 0) << TombstoneShift) |
            ((expires ? 1UL : 0) << ExpiryShift) |
            ((ulong)Math.Min(length / Frame.Alignment, MostLengthUnits) << LengthShift) |
            (KeyHash.Compute(key, seeds.Check) >> CheckShift << CheckShift);
        return new FooterEntry(KeyHash.Compute(key, seeds.Hash), sequence, details);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint OffsetOf(ulong details) => SegmentTable.OffsetOf(details);

    /// <summary>The offset as a position in the index has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong PlaceOf(ulong details) => details & ((1UL << SegmentTable.OffsetBits) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsTombstone(ulong details) => (details >> TombstoneShift & 1) != 0;

    internal static bool Expires(ulong details) => (details >> ExpiryShift & 1) != 0;

    /// <summary>What tells keys of one hash apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong CheckOf(ulong details) => details >> CheckShift;

    /// <summary>The record's length in bytes; 0 where the record must be asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint LengthOf(ulong details)
    {
        uint units = (uint)(details >> LengthShift) & MostLengthUnits;
        return units == MostLengthUnits ? 0 : units * Frame.Alignment;
    }

    /// <summary>Records of one hash stand in the order of their places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBefore(in FooterEntry a, in FooterEntry b) =>
        a.Hash != b.Hash ? a.Hash < b.Hash : OffsetOf(a.Details) < OffsetOf(b.Details);
}

/// <summary>
/// Lists the records of a segment, ascending by hash, so that opening a store need not read them. It is a cache: who
/// finds it missing, damaged or at odds with the seal reads the segment instead.
/// </summary>
internal static unsafe class Footer
{
    private const int EntriesOffset = 24;
    private const int DigestOffset = 28;

    /// <summary>The least that a record takes, in bytes: no segment has more records than it has room for these.
    /// </summary>
    private const uint LeastRecordBytes = 40;

    internal static uint BytesFor(ulong entries) =>
        checked((uint)(Frame.FooterHeaderBytes + (entries * Frame.FooterEntryBytes)));

    /// <summary>The most entries that so many bytes of chunks can ask for.</summary>
    internal static uint MostEntriesIn(uint bytes) => bytes / LeastRecordBytes;

    /// <summary>The longest that the file of a segment can become, footer and seal included.</summary>
    internal static ulong MostFileBytes(ulong capacity) =>
        capacity + BytesFor(Math.Min(capacity, uint.MaxValue) / LeastRecordBytes) + Frame.SealBytes;

    internal static FooterEntry* EntriesOf(byte* frame) => (FooterEntry*)(frame + Frame.FooterHeaderBytes);

    /// <summary>Finishes a footer whose entries are in place.</summary>
    internal static void Write(byte* frame, in Seal seal, uint salt, uint offset)
    {
        Frame.WriteCommon(frame, FrameKind.Footer, seal.HighestEpoch, seal.HighestSequence);
        *(uint*)(frame + EntriesOffset) = (uint)seal.Records;
        *(uint*)(frame + DigestOffset) = seal.Digest;
        Frame.Finish(frame, seal.FooterBytes, seal.FooterBytes, salt, offset);
    }

    /// <summary>Why the footer that a seal speaks of cannot be used; null when it can: it is what was written, in this
    /// segment, at this place, for these records, and nothing in it points elsewhere.</summary>
    internal static string? FindFault(Segment segment, uint offset, in Seal seal)
    {
        if (seal.FooterBytes == 0)
        {
            return "it was never written";
        }

        byte* frame = segment.Start + offset;
        ulong word = Frame.ReadWord(frame);
        if (Frame.LengthOf(word) != seal.FooterBytes || Frame.Kind(frame) != FrameKind.Footer ||
            !Frame.IsSound(frame, word, seal.FooterBytes, segment.Salt, offset))
        {
            return "its checksum does not match";
        }

        if (*(uint*)(frame + EntriesOffset) != seal.Records || BytesFor(seal.Records) != seal.FooterBytes ||
            *(uint*)(frame + DigestOffset) != seal.Digest)
        {
            return "it contradicts the seal";
        }

        return HasSaneEntries(EntriesOf(frame), (int)seal.Records, offset) ? null : "its entries contradict each other";
    }

    /// <summary>What a footer whose checksum is right says of its seal, where that cannot be found.</summary>
    internal static Seal ReadSeal(Segment segment, uint offset)
    {
        byte* frame = segment.Start + offset;
        return new Seal(*(uint*)(frame + EntriesOffset), Chunks: 0, *(uint*)(frame + DigestOffset), Frame.Epoch(frame),
            Frame.Sequence(frame), RecordBytes: 0, TombstoneBytes: 0, Frame.LengthOf(Frame.ReadWord(frame)));
    }

    /// <summary>Whether entries ascend, and point into the chunks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool HasSaneEntries(FooterEntry* entries, int count, uint chunksEnd)
    {
        const uint First = SegmentHeader.Bytes + Frame.ChunkHeaderBytes;
        ulong last = 0;
        for (FooterEntry* entry = entries; entry < entries + count; entry++)
        {
            uint offset = FooterEntry.OffsetOf(entry->Details);
            if (entry->Hash < last || offset < First || offset + Frame.RecordHeaderBytes > chunksEnd)
            {
                return false;
            }

            last = entry->Hash;
        }

        return true;
    }
}
