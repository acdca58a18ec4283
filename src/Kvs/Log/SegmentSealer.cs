namespace Kvs.Log;

/// <summary>
/// Ends a segment: counts what is in it, writes the seal behind it, and, when nobody looks at it any more, cuts the
/// file to what is used.
/// </summary>
internal static unsafe class SegmentSealer
{
    /// <summary>
    /// Seals a segment whose chunks are complete: no room without a finished frame, and zeros behind the last frame
    /// of each chunk. On disk when this returns. Idempotent: may be interrupted at any point and done again.
    /// </summary>
    /// <returns>False, and nothing done, when there is no chunk in the segment.</returns>
    internal static bool TrySeal(Segment segment)
    {
        Seal seal = Count(segment, out uint end);
        if (end == SegmentHeader.Bytes)
        {
            return false;
        }

        seal.Write(segment.Start + end, segment.Salt, end);
        segment.File.Sync();
        segment.SealedEnd = end + Frame.SealBytes;
        return true;
    }

    /// <summary>
    /// Gives back what a sealed segment does not use, and drops its mapping. The seal is on disk before: a file is
    /// never shorter than its segment unless it has its seal.
    /// </summary>
    internal static void Trim(Segment segment)
    {
        if (segment.SealedEnd != 0 && segment.SealedEnd < segment.Length)
        {
            segment.File.Truncate(segment.SealedEnd);
        }
    }

    /// <summary>Walks all frames, which are known to be sound, and counts; <paramref name="end"/> is the end of
    /// the last chunk.</summary>
    internal static Seal Count(Segment segment, out uint end)
    {
        end = SegmentHeader.Bytes;
        ulong records = 0, highestEpoch = 0, highestSequence = 0;
        uint chunks = 0, digest = 0;
        while (end + Frame.SealBytes < segment.Length)
        {
            byte* chunk = segment.Start + end;
            ulong word = Frame.ReadWord(chunk);
            if (word == 0 || Frame.Kind(chunk) == FrameKind.Seal)
            {
                break;
            }

            chunks++;
            digest = Seal.AddToDigest(digest, word);
            uint chunkEnd = end + CheckedLength(segment, end, segment.Length - Frame.SealBytes, word);
            uint at = Frame.Kind(chunk) == FrameKind.Chunk ? end + Frame.ChunkHeaderBytes : chunkEnd;
            while (at < chunkEnd && (word = Frame.ReadWord(segment.Start + at)) != 0)
            {
                byte* frame = segment.Start + at;
                uint length = CheckedLength(segment, at, chunkEnd, word);
                digest = Seal.AddToDigest(digest, word);
                highestEpoch = Math.Max(highestEpoch, Frame.Epoch(frame));
                if (Frame.Kind(frame) is FrameKind.Put or FrameKind.Remove)
                {
                    records++;
                    highestSequence = Math.Max(highestSequence, Frame.Sequence(frame));
                }

                at += length;
            }

            end = chunkEnd;
        }

        return new Seal(records, chunks, digest, highestEpoch, highestSequence);
    }

    /// <summary>A length that cannot lead the walk astray, whatever has become of the bytes since they were written.
    /// </summary>
    private static uint CheckedLength(Segment segment, uint offset, uint end, ulong word)
    {
        uint length = Frame.LengthOf(word);
        return length >= Frame.CommonBytes && length <= end - offset
            ? length
            : throw segment.Damage(offset, $"a frame has the impossible length {length}");
    }
}
