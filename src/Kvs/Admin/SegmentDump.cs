using System.Globalization;
using Kvs.Log;
using Kvs.Text;

namespace Kvs.Admin;

/// <summary>Writes what stands in one segment. Used once.</summary>
/// <param name="segment">The segment.</param>
/// <param name="isFull">Whether long keys and values are written in full.</param>
/// <param name="line">Takes a line.</param>
/// <param name="damage">Takes a damaged place.</param>
internal sealed unsafe class SegmentDump(Segment segment, bool isFull, Action<string> line,
    Action<KvsDamageException> damage)
{
    private uint _batchEnd;

    internal void Run()
    {
        uint atEnd = segment.Length - Frame.SealBytes;
        Seal? last = Seal.TryRead(segment, atEnd);
        bool isAtEnd = last is { } seal && seal.FooterBytes <= atEnd - SegmentHeader.Bytes;
        SegmentChain chain = SegmentWalk.FindChunks(segment, isAtEnd ? atEnd - last!.Value.FooterBytes : null);
        chain.Chunks.ForEach(WriteChunk);
        if (chain.Break is not null)
        {
            damage(chain.Break.ToDamage());
        }

        if (isAtEnd)
        {
            WriteSeal(last!.Value, atEnd);
        }
        else if (chain.Seal is { } found)
        {
            WriteSeal(found, chain.UsedEnd - Frame.SealBytes);
        }
        else if (chain.UsedEnd > chain.End)
        {
            line($"{chain.End,12} room for {chain.UsedEnd - chain.End} bytes, never filled");
        }
    }

    private void WriteSeal(Seal seal, uint at)
    {
        if (seal.FooterBytes > 0)
        {
            uint footer = at - seal.FooterBytes;
            line($"{footer,12} footer {seal.FooterBytes} bytes");
            if (Footer.FindFault(segment, footer, seal) is { } fault)
            {
                damage(segment.Damage(footer, $"the footer cannot be used: {fault}"));
            }
        }

        line($"{at,12} seal {seal.Records} records, {seal.RecordBytes} bytes, {seal.TombstoneBytes} of them removes; " +
            $"{seal.Chunks} chunks; highest epoch {seal.HighestEpoch}, version {seal.HighestSequence}");
    }

    private void WriteChunk(ChunkWalk chunk)
    {
        if (chunk.Header is not { } header)
        {
            line($"{chunk.Offset,12} room for a chunk of {chunk.Length} bytes, never filled");
            return;
        }

        string lane = header.Lane == Lane.CommitNumber ? "commit records" : $"lane {header.Lane}";
        string previous = header.Previous.IsNowhere ? "" : $", behind {header.Previous} up to {header.PreviousEnd}";
        ulong epoch = Frame.Epoch(segment.Start + chunk.Offset);
        line($"{chunk.Offset,12} chunk {chunk.Length} bytes, {lane}, number {header.Ordinal}, epoch {epoch}{previous}");
        WriteFrames(chunk);
    }

    /// <summary>A damaged frame is stepped over where its length leads to a sound one.</summary>
    private void WriteFrames(ChunkWalk chunk)
    {
        while (true)
        {
            SegmentWalk.WalkFrames(chunk, WriteFrame, offset =>
                line($"{offset,12}   room for {LengthAt(offset)} bytes, never filled"));
            if (chunk.Break is not { } broken)
            {
                WriteStray(chunk);
                return;
            }

            damage(broken.ToDamage());
            uint length = LengthAt(broken.Offset);
            if (length < Frame.CommonBytes || length > chunk.End - broken.Offset)
            {
                return;
            }

            chunk.Break = null;
            chunk.SoundEnd = broken.Offset + length;
            var behind = new ChunkWalk(segment, chunk.Offset, chunk.Length, chunk.Header)
            {
                SoundEnd = chunk.SoundEnd,
            };
            SegmentWalk.WalkFrames(behind, visit: null, visitHole: _ => { });
            if (behind.SoundEnd == chunk.SoundEnd && behind.Break is { } next)
            {
                damage(next.ToDamage());
                return;
            }
        }
    }

    private void WriteStray(ChunkWalk chunk)
    {
        if (SegmentWalk.FindNonZero(segment, chunk.SoundEnd, chunk.End) is { } stray)
        {
            damage(segment.Damage(stray, "there is something behind the last record of a chunk"));
        }
    }

    private uint LengthAt(uint offset) => Frame.LengthOf(Frame.ReadWord(segment.Start + offset));

    private void WriteFrame(uint offset)
    {
        byte* frame = segment.Start + offset;
        string indent = offset < _batchEnd ? "    " : "  ";
        string stamp = $"version {Frame.Sequence(frame)}, epoch {Frame.Epoch(frame)}";
        if (Frame.Kind(frame) == FrameKind.Commit)
        {
            WriteCommit(offset, CommitRecord.Read(frame, LengthAt(offset))!);
            return;
        }

        line($"{offset,12} {indent}" + Frame.Kind(frame) switch
        {
            FrameKind.Put =>
                $"put {Describe(Frame.Key(frame))} = {Describe(Frame.Value(frame))}, {stamp}{ExpiryOf(frame)}",
            FrameKind.Remove => $"remove {Describe(Frame.Key(frame))}, {stamp}",
            FrameKind.Batch =>
                $"batch of {Frame.BatchCount(frame)} records, {LengthAt(offset)} bytes, epoch {Frame.Epoch(frame)}",
            _ => $"padding {LengthAt(offset)} bytes",
        });
        if (Frame.Kind(frame) == FrameKind.Batch)
        {
            _batchEnd = offset + LengthAt(offset);
        }
    }

    private void WriteCommit(uint offset, CommitRecord commit)
    {
        IEnumerable<string> places = commit.Places.Select((place, lane) => (place, lane))
            .Where(entry => !entry.place.Chunk.IsNowhere)
            .Select(entry => $"lane {entry.lane} up to {entry.place.End} in segment {entry.place.Chunk.Segment}");
        line($"{offset,12}   commit of epoch {commit.Epoch}, epoch {commit.DurableBefore} durable before: " +
            string.Join("; ", places));
    }

    private string Describe(ReadOnlySpan<byte> bytes) =>
        isFull ? ReadableBytes.Describe(bytes, int.MaxValue) : ReadableBytes.Describe(bytes);

    private static string ExpiryOf(byte* frame)
    {
        long expiry = Frame.Expiry(frame);
        if (expiry == 0)
        {
            return "";
        }

        if (expiry > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return $", expires {expiry} ms after 1970";
        }

        var moment = DateTimeOffset.FromUnixTimeMilliseconds(expiry);
        return $", expires {moment.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)}";
    }
}
