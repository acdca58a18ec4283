using System.Numerics;

namespace Kvs.Log;

/// <summary>A place in the log: a segment, and an offset in it. The default is nowhere.</summary>
internal readonly record struct LogPlace(ulong Segment, uint Offset)
{
    internal bool IsNowhere => Segment == 0;

    public override string ToString() => IsNowhere ? "nowhere" : $"segment {Segment}, offset {Offset}";
}

/// <summary>
/// The header of a chunk, 64 bytes: whose it is, which in the row of that lane's chunks, and where the one before
/// ended, so that a lane can be followed from chunk to chunk and a torn end of one is noticed at the next.
/// </summary>
/// <param name="Lane">The lane that owns the chunk.</param>
/// <param name="Ordinal">The chunk's number in its lane and session, from 1.</param>
/// <param name="Previous">The chunk before in the lane; nowhere for the first.</param>
/// <param name="PreviousEnd">Where the records of the chunk before end, an offset in its segment.</param>
internal readonly unsafe record struct ChunkHeader(uint Lane, ulong Ordinal, LogPlace Previous, uint PreviousEnd)
{
    /// <summary>Fills in and finishes the header of a chunk whose length was stored when it was cut.</summary>
    internal void Write(byte* frame, uint length, ulong epoch, uint salt, uint offset)
    {
        Frame.WriteCommon(frame, FrameKind.Chunk, epoch, Ordinal);
        *(uint*)(frame + 24) = Lane;
        *(uint*)(frame + 28) = 0;
        *(ulong*)(frame + 32) = Previous.Segment;
        *(uint*)(frame + 40) = Previous.Offset;
        *(uint*)(frame + 44) = PreviousEnd;
        *(ulong*)(frame + 48) = 0;
        *(ulong*)(frame + 56) = 0;
        Frame.Finish(frame, length, Frame.ChunkHeaderBytes, salt, offset);
    }

    internal static ChunkHeader Read(byte* frame) => new(
        *(uint*)(frame + 24),
        Frame.Sequence(frame),
        new LogPlace(*(ulong*)(frame + 32), *(uint*)(frame + 40)),
        *(uint*)(frame + 44));
}

/// <summary>Where a lane stood when an epoch ended.</summary>
/// <param name="Chunk">The lane's chunk; nowhere when the lane had none yet.</param>
/// <param name="End">Where its records of that epoch end, an offset in the chunk's segment.</param>
internal readonly record struct LanePlace(LogPlace Chunk, uint End);

/// <summary>
/// Says that all records of an epoch and of those before it lie in front of these places. Once it and they are on
/// disk, the epoch is durable.
/// </summary>
/// <param name="Epoch">The epoch that is complete.</param>
/// <param name="DurableBefore">The latest epoch that was known to be on disk when this was written: its absence is
/// damage, not a torn end.</param>
/// <param name="Places">Where each lane stood.</param>
internal sealed unsafe record CommitRecord(ulong Epoch, ulong DurableBefore, IReadOnlyList<LanePlace> Places)
{
    internal void Write(byte* frame, uint length, uint salt, uint offset)
    {
        Frame.WriteCommon(frame, FrameKind.Commit, Epoch, DurableBefore);
        *(uint*)(frame + 24) = (uint)Places.Count;
        *(uint*)(frame + 28) = 0;
        for (int lane = 0; lane < Places.Count; lane++)
        {
            byte* at = frame + Frame.CommitHeaderBytes + (lane * Frame.CommitPlaceBytes);
            *(ulong*)at = Places[lane].Chunk.Segment;
            *(uint*)(at + 8) = Places[lane].Chunk.Offset;
            *(uint*)(at + 12) = Places[lane].End;
        }

        Frame.Finish(frame, length, length, salt, offset);
    }

    /// <summary>Reads a sound frame; null when its lengths contradict each other.</summary>
    internal static CommitRecord? Read(byte* frame, uint length)
    {
        uint count = *(uint*)(frame + 24);
        if (length < Frame.CommitHeaderBytes ||
            count != (length - Frame.CommitHeaderBytes) / Frame.CommitPlaceBytes)
        {
            return null;
        }

        var places = new LanePlace[count];
        for (int lane = 0; lane < places.Length; lane++)
        {
            byte* at = frame + Frame.CommitHeaderBytes + (lane * Frame.CommitPlaceBytes);
            places[lane] = new LanePlace(new LogPlace(*(ulong*)at, *(uint*)(at + 8)), *(uint*)(at + 12));
        }

        return new CommitRecord(Frame.Epoch(frame), Frame.Sequence(frame), places);
    }
}

/// <summary>
/// Ends a segment that nothing will be added to: how much there is in it, so that a page that is lost is noticed
/// even where it takes the end of a chain with it. The last frame of its file.
/// </summary>
/// <param name="Records">Puts and removes in the segment.</param>
/// <param name="Chunks">Chunks in the segment.</param>
/// <param name="Digest">The CRC-32C over the first words of all frames in chunks, and of the chunks, in their order.
/// </param>
/// <param name="HighestEpoch">The highest epoch of a frame within a chunk.</param>
/// <param name="HighestSequence">The highest sequence number of a record in the segment.</param>
/// <param name="RecordBytes">Bytes of all puts and removes.</param>
/// <param name="TombstoneBytes">Bytes of the removes alone.</param>
/// <param name="FooterBytes">Bytes of the footer, which stands right in front of this; 0 when there is none.</param>
internal readonly unsafe record struct Seal(ulong Records, uint Chunks, uint Digest, ulong HighestEpoch,
    ulong HighestSequence, ulong RecordBytes, ulong TombstoneBytes, uint FooterBytes)
{
    internal void Write(byte* frame, uint salt, uint offset)
    {
        new Span<byte>(frame, Frame.SealBytes).Clear();
        Frame.WriteCommon(frame, FrameKind.Seal, HighestEpoch, HighestSequence);
        *(ulong*)(frame + 24) = Records;
        *(uint*)(frame + 32) = Chunks;
        *(uint*)(frame + 36) = Digest;
        *(ulong*)(frame + 40) = RecordBytes;
        *(ulong*)(frame + 48) = TombstoneBytes;
        *(uint*)(frame + 56) = FooterBytes;
        Frame.Finish(frame, Frame.SealBytes, Frame.SealBytes, salt, offset);
    }

    /// <summary>Reads the seal at an offset; null when there is none that is sound.</summary>
    internal static Seal? TryRead(Segment segment, uint offset)
    {
        if (segment.Length < Frame.SealBytes || offset > segment.Length - Frame.SealBytes ||
            offset % Frame.Alignment != 0)
        {
            return null;
        }

        byte* frame = segment.Start + offset;
        ulong word = Frame.ReadWord(frame);
        return Frame.LengthOf(word) == Frame.SealBytes && Frame.Kind(frame) == FrameKind.Seal &&
            Frame.IsSound(frame, word, Frame.SealBytes, segment.Salt, offset)
            ? new Seal(*(ulong*)(frame + 24), *(uint*)(frame + 32), *(uint*)(frame + 36), Frame.Epoch(frame),
                Frame.Sequence(frame), *(ulong*)(frame + 40), *(ulong*)(frame + 48), *(uint*)(frame + 56))
            : null;
    }

    /// <summary>Goes on with a digest over one more frame's first word.</summary>
    internal static uint AddToDigest(uint digest, ulong frameWord) => BitOperations.Crc32C(digest, frameWord);
}

/// <summary>The first bytes of a segment's file: which segment of which store it is. Padded to 4 KiB.</summary>
/// <param name="Id">The segment's number; numbers only grow and are never used again.</param>
/// <param name="StoreId">The store that the segment belongs to.</param>
/// <param name="Session">The opening of the store in which the segment was made.</param>
/// <param name="Capacity">The file's length while the segment is written.</param>
/// <param name="ChunkBytes">The usual length of a chunk in this segment.</param>
internal readonly unsafe record struct SegmentHeader(
    ulong Id, ulong StoreId, ulong Session, ulong Capacity, uint ChunkBytes)
{
    /// <summary>Where the first chunk begins: a page of its own for the header.</summary>
    internal const int Bytes = 4096;

    /// <summary>The version of everything in a segment. A store of another version is refused.</summary>
    internal const uint FormatVersion = 1;

    private const ulong Magic = 0x31474F4C53564BFF; // "\xFFKVSLOG1"
    private const int CheckedBytes = 64;

    internal void Write(byte* at, uint salt)
    {
        *(ulong*)at = Magic;
        *(uint*)(at + 12) = FormatVersion;
        *(ulong*)(at + 16) = Id;
        *(ulong*)(at + 24) = StoreId;
        *(ulong*)(at + 32) = Session;
        *(ulong*)(at + 40) = Capacity;
        *(uint*)(at + 48) = ChunkBytes;
        *(uint*)(at + 8) = ComputeChecksum(at, salt);
    }

    /// <summary>Reads a header; the reason why it cannot be one otherwise.</summary>
    internal static string? TryRead(byte* at, uint salt, out SegmentHeader header)
    {
        header = default;
        if (*(ulong*)at != Magic)
        {
            return "the segment's header does not begin with its magic number";
        }

        if (*(uint*)(at + 8) != ComputeChecksum(at, salt))
        {
            return "the checksum of the segment's header does not match";
        }

        if (*(uint*)(at + 12) != FormatVersion)
        {
            return $"the segment has format version {*(uint*)(at + 12)}, and this program knows {FormatVersion}";
        }

        for (byte* rest = at + CheckedBytes; rest < at + Bytes; rest += sizeof(ulong))
        {
            if (*(ulong*)rest != 0)
            {
                return "the unused part of the segment's header is not zero";
            }
        }

        header = new SegmentHeader(*(ulong*)(at + 16), *(ulong*)(at + 24), *(ulong*)(at + 32), *(ulong*)(at + 40),
            *(uint*)(at + 48));
        return null;
    }

    private static uint ComputeChecksum(byte* at, uint salt)
    {
        uint crc = BitOperations.Crc32C(salt, *(uint*)(at + 12));
        return ~Checksum.Continue(crc, at + 16, CheckedBytes - 16);
    }
}
