using Kvs.Index;

namespace Kvs.Log;

/// <summary>
/// Ends a segment: sums up what is in it, writes footer and seal behind it, and cuts the file behind the seal.
/// </summary>
/// <remarks>
/// The crash may come at any moment. A frame is written so that it is a hole until it is whole, the footer before the
/// seal, and the file is cut only when both are on disk and a manifest names the segment: what is in a file that was
/// cut is settled, and until then a power cut may take back what of it no commit record covers.
/// </remarks>
internal static unsafe class SegmentSealer
{
    /// <summary>
    /// Seals a segment whose chunks are complete: no room without a finished frame, and zeros behind the last frame
    /// of each chunk and behind the last chunk. On disk when this returns. One that was sealed before stays as it is: a
    /// manifest may name it already, though writing that failed.
    /// </summary>
    /// <param name="segment">The segment.</param>
    /// <param name="seeds">Of the hashes of keys that its footer will hold.</param>
    /// <param name="tell">Told what an operator should know, and nothing is lost by.</param>
    /// <returns>False, and nothing done, when there is no chunk in the segment.</returns>
    /// <exception cref="KvsDamageException">Something in the segment is not as it was written.</exception>
    internal static bool TrySeal(Segment segment, in KeySeeds seeds, Action<string> tell)
    {
        if (segment.Seal is not null)
        {
            return true;
        }

        using SegmentContents contents = SegmentContents.Read(segment, seeds);
        if (contents.Chunks == 0)
        {
            return false;
        }

        Seal(segment, contents, tell);
        return true;
    }

    /// <summary>Seals a segment that was just read.</summary>
    internal static void Seal(Segment segment, SegmentContents contents, Action<string> tell)
    {
        Seal seal = contents.Seal;
        ReadOnlySpan<byte> tail = contents.Tail;
        if (HasRoom(segment, contents.End + (long)tail.Length, tell))
        {
            WriteFrame(segment, contents.End, tail[..^Frame.SealBytes]);
            WriteFrame(segment, contents.End + seal.FooterBytes, tail[^Frame.SealBytes..]);
        }
        else
        {
            // Lanes leave room for the seal at the end of each segment.
            seal = seal with { FooterBytes = 0 };
            byte* bytes = stackalloc byte[Frame.SealBytes];
            seal.Write(bytes, segment.Salt, contents.End);
            WriteFrame(segment, contents.End, new ReadOnlySpan<byte>(bytes, Frame.SealBytes));
        }

        segment.File.Sync();
        segment.NoteSeal(seal, contents.End + seal.FooterBytes + Frame.SealBytes);
    }

    /// <summary>As <see cref="Trim"/>; where it fails, that is said, and tried again when the store is
    /// closed.</summary>
    internal static void TryTrim(Segment segment, Action<string> tell)
    {
        try
        {
            Trim(segment);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            tell($"Room that a segment does not need could not be given back: {e.Message}");
        }
    }

    /// <summary>Gives back what a sealed segment does not use, if that is still to be done. The seal and the manifest
    /// that names the segment are on disk before.</summary>
    internal static void Trim(Segment segment)
    {
        if (segment.SealedEnd != 0 && segment.SealedEnd < segment.File.Length)
        {
            segment.File.Truncate(segment.SealedEnd);
        }
    }

    /// <summary>Whether the file is so long, or could be made so; most segments are full when they are
    /// sealed.</summary>
    private static bool HasRoom(Segment segment, long length, Action<string> tell)
    {
        try
        {
            if (length > segment.File.Length)
            {
                segment.File.Allocate(length);
            }

            return true;
        }
        catch (IOException e)
        {
            tell($"There is no room for a segment's footer, so the next opening will read all of it: {e.Message}");
            return false;
        }
    }

    /// <summary>Writes a complete frame: its length first, its whole first word last. Who walks the segment after
    /// a crash in between finds room that was taken and not filled.</summary>
    private static void WriteFrame(Segment segment, uint offset, ReadOnlySpan<byte> frame)
    {
        ulong length = (uint)frame.Length;
        segment.File.Write(offset, new ReadOnlySpan<byte>(&length, sizeof(ulong)));
        segment.File.Write(offset + sizeof(ulong), frame[sizeof(ulong)..]);
        segment.File.Write(offset, frame[..sizeof(ulong)]);
    }
}
